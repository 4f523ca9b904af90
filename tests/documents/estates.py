"""An estate to state policies about, and policies as texts."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from xtcheck import policy
from xtcheck.errors import Mistakes
from xtcheck.estate import Aws, Estate, Link, Tenant
from xtcheck.model import Check

ONE, TWO, SHARED = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "123")
GUID = "abcdefab-0000-4000-8000-00000000000A"
SCIM = "https://scim.us-east-1.amazonaws.com/abc-123/scim/v2"


def estate(*, links: tuple[Link, ...] | None = None, sources: int = 2, secrets: bool = False) -> Estate:
    """One target, and two sources or more; every source synchronizes into the target unless ``links`` says so."""
    tenants = {
        "one": Tenant("one", ONE, "source", "AnyOrganizationOne", secrets=secrets),
        "two": Tenant("two", TWO, "source", "AnyOrganizationTwo"),
        "shared": Tenant("shared", SHARED, "target", "Shared"),
    }
    for number in range(3, sources + 1):
        id_ = f"00000000-0000-4000-8000-{number:012}"
        tenants[f"s{number}"] = Tenant(f"s{number}", id_, "source", f"Source {number}")
    every = tuple(Link(alias, "shared") for alias, tenant in tenants.items() if tenant.role == "source")
    aws = {"main": Aws("main", "111122223333", "us-east-1", "shared", scim=SCIM)}
    return Estate(tenants, every if links is None else links, aws)


def load(*texts: str, of: Estate | None = None) -> policy.Policies:
    """The policies that some texts state; the files are called ``0.yml``, ``1.yml`` and so on."""
    with tempfile.TemporaryDirectory() as folder:
        named = []
        for number, text in enumerate(texts):
            path = Path(folder, f"{number}.yml")
            path.write_bytes(text.encode())
            named.append((path, path.name))
        return policy.load(named, of or estate())


def checks(*texts: str, of: Estate | None = None) -> Sequence[Check]:
    """The checks of policies without a mistake."""
    policies = load(*texts, of=of)
    assert [str(mistakes) for mistakes in policies.mistakes.values()] == []
    return [check for several in policies.checks.values() for check in several]


def names(*texts: str, of: Estate | None = None) -> list[str]:
    """The names of all checks."""
    return [check.name for check in checks(*texts, of=of)]


def mistakes(*texts: str, of: Estate | None = None) -> list[str]:
    """All mistakes, one a line."""
    policies = load(*texts, of=of)
    if not policies.mistakes:
        pytest.fail(f"no mistake was found in {texts}")
    return str(Mistakes(each for several in policies.mistakes.values() for each in several.mistakes)).splitlines()
