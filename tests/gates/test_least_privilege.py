"""Least privilege: what we print is enough, and nothing of it is too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from tests.gates import scenario
from tests.gates.living import Living
from tests.gates.places import owner, text_of
from xtcheck.iam import policy_document
from xtcheck.judge import judge
from xtcheck.model import Check, Verdict
from xtcheck.permissions import includers, needed, permission

NEEDED = needed(scenario.refs())
ONE_FEWER = [(place, lacking) for place, permissions in sorted(NEEDED.items()) for lacking in sorted(permissions)]


def grant(blog: Living, granted: Mapping[str, Iterable[str]]) -> None:
    """Give the clients of each place exactly these permissions; AWS callers by the policy that we print."""
    for place, permissions in granted.items():
        who, value = ("clients", "roles"), sorted(permissions)
        if place.startswith("aws-"):
            who, value = (
                ("callers", "policy"),
                policy_document(permissions, scenario.config().estate.aws[owner(place)[1]]),
            )
        entry = blog.state()[owner(place)[0]][owner(place)[1]]
        for client in entry[who[0]]:
            path = text_of((*owner(place), who[0], client, who[1]))
            blog.drift({"op": "replace", "path": path, "value": value})


def lacks(check: Check, place: str, granted: set[str]) -> set[str]:
    """The permissions at a place that the evidence of a check is read with, and that are not granted."""
    return {
        wanted
        for ref in check.refs.values()
        for above in scenario.lineage(ref)
        if above.place == place and above.kind.source is not None
        if (wanted := permission(above.kind)) and not granted & {wanted, *includers(wanted)}
    }


def test_every_place_that_is_read_is_granted_something() -> None:
    assert NEEDED.keys() == {ref.place for ref in scenario.sources()}
    assert all(NEEDED.values())


def test_exactly_the_permissions_that_we_print_are_as_good_as_all(blog: Living) -> None:
    grant(blog, NEEDED)
    assert scenario.verdicts(blog.read_anew()) == blog.verdicts


def _known(place: str, lacking: str) -> Any:
    """Source two is read as source one is: its turn comes in `make soak`."""
    twin = place == "two" and ("one", lacking) in ONE_FEWER
    return pytest.param(place, lacking, id=f"{place}-{lacking}", marks=[pytest.mark.soak] if twin else [])


@pytest.mark.parametrize("place, lacking", [_known(*each) for each in ONE_FEWER])
def test_one_permission_fewer_leaves_what_needs_it_unknown(blog: Living, place: str, lacking: str) -> None:
    granted = NEEDED[place] - {lacking}
    grant(blog, NEEDED | {place: granted})
    world = blog.read_anew()
    affected = [(check, missing) for check in scenario.evidenced() if (missing := lacks(check, place, granted))]
    assert affected
    for check, missing in affected:
        judgement = judge(check, world)
        assert judgement.verdict is Verdict.UNKNOWN, check.name
        # What a person must grant stands in the reason (IAM's action) or in the remedy (Graph's permission).
        assert any(name in f"{judgement.reason} {judgement.remedy}" for name in missing), (check.name, judgement)
    moved = scenario.moved(blog.verdicts, scenario.verdicts(world))
    assert moved.keys() == {check.name for check, _ in affected}
