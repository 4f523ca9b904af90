"""Every row that is written: the service may show more than was sent, and texts in a letter case of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.gates.mutations import Case, mutation
from tests.remediation.acting import Acting
from tests.remediation.test_mend_each import ALL, FIRST, can_be, with_it
from xtcheck.answers import Answer, Answered, Request
from xtcheck.clients import Clients
from xtcheck.judge import judge
from xtcheck.model import Present, Shape, Verdict
from xtcheck.remediation.changes import Change, Outcome
from xtcheck.remediation.compose import owner
from xtcheck.remediation.foreseen import Foreseen
from xtcheck.shapes import Command, Members, ReplaceDocument
from xtcheck.world import World
from xtcheck.writing import Told, Write

Json = Any

MORE = "xtcheckShowsMore"
SINCE = "changed since"


class Lens:
    """Stands between the service and whoever reads it; what it adds, the service takes back as part of a whole."""

    def __init__(self, patch: pytest.MonkeyPatch, change: Callable[[Json], Json]) -> None:
        self.on = False
        answer = Clients.answer

        async def seen(clients: Clients, request: Request) -> Answer:
            found = await answer(clients, request)
            plain = isinstance(found, Answered) and isinstance(found.document, dict | list | str)
            if not self.on or not plain or not isinstance(found, Answered):
                return found
            return replace(found, document=change(found.document))

        patch.setattr(Clients, "answer", seen)


def more(node: Json) -> Json:
    """A document with a property more in each of its objects, in texts that are JSON too."""
    match node:
        case dict():
            return {**{name: more(value) for name, value in node.items()}, MORE: "more"}
        case list():
            return [more(item) for item in node]
        case str() if node.startswith("{") and "Statement" not in node:
            return json.dumps(more(json.loads(node)))
    return node


def less(node: Json, below: int = 0) -> Json:
    """A document without these properties, from a depth on."""
    match node:
        case dict():
            return {name: less(value, below - 1) for name, value in node.items() if name != MORE or below > 0}
        case list():
            return [less(item, below - 1) for item in node]
    return node


def taken(shape: Shape | None, write: Write) -> Write:
    """What the service takes back as it shows it: a whole schema; of Graph what stands in the keys of a property.

    Of AWS boto3 shows nothing that its model does not know, and documents that are sent whole are of the shape in which
    they are shown.
    """
    match shape:
        case Members():
            return write
        case ReplaceDocument():
            return replace(write, body=less(write.body))
    return replace(write, body=less(write.body, 2 if write.service == "graph" else 0))


def is_repeated(change: Change) -> bool:
    """Whether nothing shows what it did, so that every undo does it."""
    return isinstance(change.ref.kind.write, Command)


def drifted(act: Acting, case: Case) -> None:
    made = mutation(case, act.living.state(), act.living.good)
    act.living.drift(*made.operations, *with_it(case, act.living.state()))


def hold(act: Acting, case: Case, lens: Lens, folder: Path, *, always: bool) -> None:
    """It is mended, read back, taken back, and known as taken back."""

    async def send(write: Write) -> Told:
        lens.on = True
        return await act.send(taken(case.check.kind.write, write))

    lens.on = always
    world = act.world([case.check])
    assert judge(case.check, world).verdict is Verdict.DRIFT
    journals: list[Path] = []
    planned = act.plan(world, checks=[case.check])
    assert planned.changes
    while planned.changes:
        results, journal = act.apply(planned, folder, send)
        assert {result.outcome for result in results} == {Outcome.APPLIED}, results
        journals.append(journal)
        world = act.world([case.check])
        planned = act.plan(world, checks=[case.check])
    assert judge(case.check, world).verdict is Verdict.COMPLIANT
    for journal in reversed(journals):
        undo = act.undoing(journal)
        assert not [why for why in undo.lost if SINCE in why]
        if not can_be(case):
            continue
        results, _ = act.apply(undo.plan, folder, send)
        assert {result.outcome for result in results} <= {Outcome.APPLIED}, results
        again = act.undoing(journal)
        assert set(map(is_repeated, again.plan.changes)) <= {True}, again
        assert not [why for why in again.lost if SINCE in why]


@pytest.mark.parametrize("case", FIRST[::7], ids=str)
def test_what_the_service_shows_besides_is_nobodys_change(
    act: Acting, case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drifted(act, case)
    hold(act, case, Lens(monkeypatch, more), tmp_path, always=True)


@pytest.mark.soak
@pytest.mark.parametrize("since", ["always", "once written"])
@pytest.mark.parametrize("case", FIRST, ids=str)
def test_what_the_service_shows_besides_is_nobodys_change_in_any_row(
    act: Acting, case: Case, since: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drifted(act, case)
    hold(act, case, Lens(monkeypatch, more), tmp_path, always=since == "always")


def leaves(node: Json) -> Iterator[str]:
    """The texts of a document, and those in texts that are JSON."""
    match node:
        case dict():
            for value in node.values():
                yield from leaves(value)
        case list():
            for item in node:
                yield from leaves(item)
        case str() if node.startswith("{"):
            yield from leaves(json.loads(node))
        case str():
            yield node


def rewritten(node: Json, texts: Mapping[str, str]) -> Json:
    """A document in which some texts are others."""
    match node:
        case dict():
            return {name: rewritten(value, texts) for name, value in node.items()}
        case list():
            return [rewritten(item, texts) for item in node]
        case str() if node.startswith("{"):
            return json.dumps(rewritten(json.loads(node), texts))
        case str():
            return texts.get(node, node)
    return node


def folded(case: Case, world: World) -> dict[str, str]:
    """The texts at which the row looks, and that it takes in the other letter case too; each in that."""
    ref = owner(case.check.kind.ref(case.check.scope))
    evidence = world.evidence(ref)
    if not isinstance(evidence, Present):
        return {}

    def holds(texts: Mapping[str, str]) -> bool:
        assert isinstance(evidence, Present)
        shown = replace(evidence, document=rewritten(evidence.document, texts))
        return judge(case.check, Foreseen(world, {ref: shown})).verdict is Verdict.COMPLIANT

    found = {text: text.swapcase() for text in leaves(evidence.document) if text != text.swapcase()}
    return {text: other for text, other in found.items() if holds({text: other}) and not holds({text: f"{text}x"})}


EACH = {f"{case.check.kind.name} {case.check.setting.key}": case for case in reversed(ALL)}
FOLDING = [
    "authorization-policy guest-invitations",
    "aws-app single-sign-on",
    "aws-app-assignments assigned",
    "group membership-rule",
    "group processing",
    "partners undeclared-partners",
    "permission-set session-duration",
    "saml expiry-notifications",
    "saml signing-thumbprint",
    "sync-assignments assigned",
    "sync-secrets scope",
    "sync-secrets target-tenant",
]
"""The rows that fold the letter case of what is in the good world."""


@pytest.mark.soak
def test_every_row_that_folds_letter_case_is_tried(act: Acting) -> None:
    assert sorted(name for name, case in EACH.items() if folded(case, act.living.good)) == FOLDING


@pytest.mark.parametrize(
    "name", [name if turn % 3 == 0 else pytest.param(name, marks=pytest.mark.soak) for turn, name in enumerate(FOLDING)]
)
def test_texts_in_another_letter_case_are_what_was_sent_where_the_row_says_so(
    act: Acting, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = EACH[name]
    texts = folded(case, act.living.good)
    drifted(act, case)
    hold(act, case, Lens(monkeypatch, lambda document: rewritten(document, texts)), tmp_path, always=False)
