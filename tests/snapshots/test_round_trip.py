"""A saved world is judged as it was when it was read, and so is a redacted one, in which nobody is named."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.gates.tabled import plain
from tests.snapshots.worlds import Json, Read, checks_of, judged, policies_of, read_world
from xtcheck import config as config_documents
from xtcheck import policy
from xtcheck.model import Answer, Answered, Check, Request
from xtcheck.sandbox.worlds import NAMES
from xtcheck.snapshot import SavedWorld, open_world, save, vocabulary
from xtcheck.snapshot.redaction import judged_by, redaction

PEOPLE = ("displayName", "userPrincipalName", "mail", "givenName", "surname", "mailNickname", "DisplayName", "UserName")
IDS = ("id", "UserId", "GroupId", "tenantId", "MembershipId")


@pytest.fixture(scope="module", params=[*NAMES, "crowd-2000"])
def live(request: pytest.FixtureRequest) -> Read:
    return read_world(request.param)


@pytest.fixture(scope="module")
def saved(live: Read, tmp_path_factory: pytest.TempPathFactory) -> SavedWorld:
    folder = tmp_path_factory.mktemp("kept") / "world"
    save(folder, live.world, live.origin)
    return open_world(folder)


@pytest.fixture(scope="module")
def redacted(live: Read, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kept") / "redacted"
    texts = {path.name: path.read_text(encoding="utf-8") for path in policies_of(str(live.origin.sandbox))}
    made = redaction(live.world, live.origin, texts)
    attached = judged_by(made, live.origin, texts)
    save(folder, live.world, made.origin(live.origin), keep=made, attached=attached)
    return folder


def test_it_comes_back_as_it_was(live: Read, saved: SavedWorld) -> None:
    assert in_full(saved.answers) == in_full(live.world.answers)
    assert saved.now == live.world.now


def in_full(answers: Mapping[Request, Answer]) -> dict[Request, Answer]:
    """The answers, tables as the lists of their rows."""
    return {
        request: replace(answer, document=plain(answer.document)) if isinstance(answer, Answered) else answer
        for request, answer in answers.items()
    }


def test_it_is_judged_as_it_was(live: Read, saved: SavedWorld) -> None:
    assert judged(live.checks, saved) == judged(live.checks, live.world)


def checks_in(folder: Path) -> tuple[Check, ...]:
    config = config_documents.load(folder / "config.yml")
    return checks_of(config, {path: path.name for path in policy.files(folder / "policies")})


def outcomes(checks: tuple[Check, ...], judgements: list[Json]) -> list[Json]:
    """Of each check what it is about, what came of it, and in how many points it differs."""
    return [
        (check.kind, check.setting.key, verdict.verdict, verdict.grade, len(verdict.differences), len(verdict.evidence))
        for check, (_, verdict, _) in zip(checks, judgements, strict=True)
    ]


def test_a_redacted_world_is_judged_the_same(live: Read, redacted: Path) -> None:
    checks = checks_in(redacted)
    now = outcomes(checks, judged(checks, open_world(redacted)))
    assert now == outcomes(live.checks, judged(live.checks, live.world))


def test_nobody_is_named_in_a_redacted_world(live: Read, redacted: Path) -> None:
    text = "\n".join(texts(redacted)).casefold()
    assert [name for name in sorted(originals(live)) if found(name, text)] == []


def texts(folder: Path) -> Iterator[str]:
    """Every file of the folder, and its name."""
    for path in folder.rglob("*"):
        yield str(path.relative_to(folder))
        if path.is_file():
            data = path.read_bytes()
            yield (gzip.decompress(data) if path.suffix == ".gz" else data).decode()


def found(name: str, text: str) -> bool:
    return (
        name.casefold() in text and re.search(rf"(?<![^\W_]){re.escape(name.casefold())}(?![^\W_])", text) is not None
    )


def originals(live: Read) -> set[str]:
    """The names, addresses and ids of everybody in the sandbox's state and in what was read of it."""
    names = set(_of(live.state["tenants"])) | set(_of(live.state["aws"]))
    for tenant in live.state["tenants"].values():
        names |= {tenant["id"], tenant["organization"]["displayName"]}
        names |= {domain["name"] for domain in tenant["organization"]["verifiedDomains"]}
    names |= {entry.account for entry in live.config.estate.aws.values()}
    known = vocabulary.words()
    return {name for name in names if not known.issuperset(re.findall(r"[a-z0-9]+", name.casefold()))}


def _of(value: Json) -> Iterator[str]:
    """What people, groups and their memberships are called, wherever they stand."""
    match value:
        case dict():
            somebody = {"userPrincipalName", "groupTypes", "UserId", "GroupId"} & value.keys()
            for field, below in value.items():
                if somebody and field in (*PEOPLE, *IDS) and isinstance(below, str):
                    yield below
                else:
                    yield from _of(below)
        case list():
            for item in value:
                yield from _of(item)
