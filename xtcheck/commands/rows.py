"""One row of the tables as Markdown: its evidence, its permissions, and what mending it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xtcheck.estate import Aws, Estate, Link, Scope, Tenant
from xtcheck.kinds.mending import mending
from xtcheck.kinds.writes import told
from xtcheck.model import Grade, Kind, Setting
from xtcheck.permissions import chain, permission
from xtcheck.policy.clouds import lacking
from xtcheck.policy.places import place_of
from xtcheck.policy.slots import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE, SHARED = Tenant("one", "1", "source", "One"), Tenant("shared", "2", "target", "Shared", secrets=True)
LINK, MAIN = Link("one", "shared"), Aws("main", "111122223333", "us-east-1", "shared")
ESTATE = Estate({"one": SOURCE, "shared": SHARED}, (LINK,), {"main": MAIN})
NAMES = dict.fromkeys(SLOTS, "x")
SCOPES = {
    "tenant": Scope(ESTATE, tenant=SHARED, slots=NAMES, labels=NAMES),
    "link": Scope(ESTATE, link=LINK, slots=NAMES, labels=NAMES),
    "aws": Scope(ESTATE, aws=MAIN, slots=NAMES, labels=NAMES),
}
"""An estate that nobody has, so that rows can say which objects they would read."""
WHOSE = {
    "tenant": {"shared": "the tenant"},
    "link": {"one": "the source", "shared": "the target"},
    "aws": {"shared": "the tenant that AWS trusts"},
}
"""What the aliases of :data:`ESTATE` are called, by the subject of a row."""


def entry(kind: Kind, setting: Setting) -> Iterator[str]:
    """The row's own section."""
    yield f"### `{key(kind, setting)}`"
    yield ""
    yield setting.doc
    yield ""
    yield f"- stands in documents that apply to a {kind.subject}; default severity: {setting.severity}"
    yield f"- evidence: {_evidence(kind, setting)}"
    yield f"- read with: {_permissions(kind, setting) or 'nothing'}"
    yield from _not_applicable(kind, setting)
    yield f"- mending: {mending(kind, setting)}"
    yield f"- {told(kind, setting)}"
    if setting.remedy:
        yield f"- mended at: {setting.remedy}"
    yield ""


def at_a_glance(kind: Kind, setting: Setting) -> str:
    """The row as a line of the table of all rows, with a link to its section."""
    name = key(kind, setting)
    return f"| [`{name}`](#{anchor(name)}) | {_grades(setting)} | {mending(kind, setting).short} |"


def in_its_area(kind: Kind, setting: Setting) -> str:
    """The row as a line of its area's page."""
    source = "" if setting.grade is Grade.ATTESTED else f", from the {kind.title}"
    permissions = _permissions(kind, setting) or "nothing"
    return f"| `{key(kind, setting)}` | {_grades(setting)}{source} | {permissions} | {mending(kind, setting)} |"


def key(kind: Kind, setting: Setting) -> str:
    """Where a policy states it."""
    return ".".join(place_of(kind, setting))


def anchor(heading: str) -> str:
    """How GitHub calls a heading in a link: in small letters, without punctuation but dashes."""
    kept = "".join(glyph for glyph in heading.lower() if glyph.isalnum() or glyph in " -_")
    return kept.replace(" ", "-")


def _grades(setting: Setting) -> str:
    or_attested = " or attested" if setting.attestable and setting.grade is not Grade.ATTESTED else ""
    return f"{setting.grade}{' or inferred' if setting.graded else ''}{or_attested}"


def _evidence(kind: Kind, setting: Setting) -> str:
    if setting.grade is Grade.ATTESTED:
        return "a person's dated word (attested); no API shows it"
    what = f"{setting.grade}{' or inferred' if setting.graded else ''}, from the {kind.title}"
    if setting.attestable:
        what += "; where that is not read, a person's dated word (attested)"
    return what + (f" (`{setting.path}`)" if setting.path else "")


def _not_applicable(kind: Kind, setting: Setting) -> Iterator[str]:
    scope = SCOPES[kind.subject]
    refs = list(setting.reads(scope).values()) if setting.reads else [kind.ref(scope)]
    for alias, clouds in sorted(lacking(kind, refs, scope).items()):
        names = ", ".join(f"`{cloud}`" for cloud in sorted(clouds))
        yield f"- not applicable where {WHOSE[kind.subject][alias]} is in the cloud {names}"


def permissions_of(kind: Kind) -> list[str]:
    """What reading the objects of a kind needs, with all that leads to them."""
    return sorted({permission(link) for link in chain(kind) if link.source is not None} - {""})


def _permissions(kind: Kind, setting: Setting) -> str:
    return ", ".join(f"`{name}`" for name in _permissions_of_row(kind, setting))


def _permissions_of_row(kind: Kind, setting: Setting) -> list[str]:
    if setting.grade is Grade.ATTESTED:
        return []
    if setting.reads is None:
        return permissions_of(kind)
    refs = setting.reads(SCOPES[kind.subject]).values()
    return sorted({name for ref in refs for name in permissions_of(ref.kind)})
