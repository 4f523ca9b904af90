"""Least privilege: what we print is enough, and nothing of it is too much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import zip_longest

import pytest

from tests.gates import scenario
from tests.gates.living import Living
from tests.gates.places import owner, text_of
from xtcheck.iam import policy_document
from xtcheck.model import Check, Verdict
from xtcheck.permissions import includers, needed, permission

NEEDED = needed(scenario.refs())
ONE_FEWER = [{place: lacking} for place, permissions in sorted(NEEDED.items()) for lacking in sorted(permissions)]
AT_EACH = [
    {place: lacking for place, lacking in zip(NEEDED, row, strict=True) if lacking}
    for row in zip_longest(*map(sorted, NEEDED.values()))
]
"""One permission fewer at every place at once: what a check lacks at one, no other place can make good."""


def grant(blog: Living, granted: Mapping[str, Iterable[str]]) -> None:
    """Give the clients of each place exactly these permissions; AWS callers by the policy that we print."""
    operations = []
    for place, permissions in granted.items():
        who, value = ("clients", "roles"), sorted(permissions)
        if place.startswith("aws-"):
            who, value = (
                ("callers", "policy"),
                policy_document(permissions, scenario.config().estate.aws[owner(place)[1]]),
            )
        entry = blog.tree[owner(place)[0]][owner(place)[1]]
        paths = [text_of((*owner(place), who[0], client, who[1])) for client in entry[who[0]]]
        operations += [{"op": "replace", "path": path, "value": value} for path in paths]
    blog.drift(*operations)


def lacks(check: Check, granted: Mapping[str, set[str]]) -> set[str]:
    """The permissions that the evidence of a check is read with, and that are not granted."""
    return {
        wanted
        for ref in check.refs.values()
        for above in scenario.lineage(ref)
        if above.kind.source is not None
        if (wanted := permission(above.kind)) and not granted[above.place] & {wanted, *includers(wanted)}
    }


def test_every_place_that_is_read_is_granted_something() -> None:
    assert NEEDED.keys() == {ref.place for ref in scenario.sources()}
    assert all(NEEDED.values())


def test_exactly_the_permissions_that_we_print_are_as_good_as_all(blog: Living) -> None:
    grant(blog, NEEDED)
    assert scenario.verdicts(blog.read_anew()) == blog.verdicts


def hold(blog: Living, lacking: Mapping[str, str]) -> None:
    """Take these permissions away: just what is read with them becomes unknown, and names them."""
    granted = {place: permissions - {lacking.get(place, "")} for place, permissions in NEEDED.items()}
    grant(blog, granted)
    world = blog.read_anew()
    affected = [(check, missing) for check in scenario.evidenced() if (missing := lacks(check, granted))]
    assert {*lacking.values()} <= {name for _, missing in affected for name in missing}
    for check, missing in affected:
        judgement = scenario.judged(check, world)
        assert judgement.verdict is Verdict.UNKNOWN, check.name
        # What a person must grant stands in the reason (IAM's action) or in the remedy (Graph's permission).
        assert any(name in f"{judgement.reason} {judgement.remedy}" for name in missing), (check.name, judgement)
    moved = scenario.moved(blog.verdicts, scenario.verdicts(world))
    assert moved.keys() == {check.name for check, _ in affected}


def _named(lacking: Mapping[str, str]) -> str:
    return "+".join(f"{place}-{name}" for place, name in lacking.items())


@pytest.mark.parametrize("lacking", AT_EACH[::3], ids=_named)
def test_one_permission_fewer_at_each_place_leaves_what_needs_it_unknown(
    blog: Living, lacking: Mapping[str, str]
) -> None:
    hold(blog, lacking)


@pytest.mark.soak
@pytest.mark.parametrize("lacking", ONE_FEWER, ids=_named)
def test_one_permission_fewer_leaves_what_needs_it_unknown(blog: Living, lacking: Mapping[str, str]) -> None:
    hold(blog, lacking)
