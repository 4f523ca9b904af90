"""What a saved world lacks makes exactly the checks that need it unknown: none passes, none crashes, no other moves."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.gates.tabled import collection
from tests.snapshots.worlds import Json, Read, read_world
from xtcheck.judge import judge
from xtcheck.model import Verdict
from xtcheck.report.records import evidence
from xtcheck.snapshot import SavedWorld, open_world, save
from xtcheck.world import World


@pytest.fixture(scope="module")
def live() -> Read:
    return read_world("blog")


def kept(live: Read, answers: Json, folder: Path) -> SavedWorld:
    save(folder, World(answers, live.world.now), live.origin)
    return open_world(folder)


def test_in_an_empty_world_nothing_is_known(live: Read, tmp_path: Path) -> None:
    world = kept(live, {}, tmp_path / "empty")
    for check in live.checks:
        judgement = judge(check, world)
        if check.refs:
            assert (judgement.verdict, judgement.evidence) == (Verdict.UNKNOWN, ()), check.name
            assert "is not in the saved world" in judgement.reason
            assert judgement.remedy == "read again with --xt-save-world"


def test_without_one_request_only_what_rests_on_it_is_unknown(live: Read, tmp_path: Path) -> None:
    good = {check.name: judge(check, live.world) for check in live.checks}
    requests = sorted(live.world.answers)
    for lacking in random.Random(4).sample(requests, 12):  # noqa: S311  # a sample, no secret
        # What was read for several requests for columns answers each of them.
        gone = {request for request in requests if collection(request) == collection(lacking)}
        rest = {request: answer for request, answer in live.world.answers.items() if request not in gone}
        world = kept(live, rest, tmp_path / "world")
        for check in live.checks:
            judgement = judge(check, world)
            if gone & {*good[check.name].evidence}:
                assert judgement.verdict is Verdict.UNKNOWN, f"{check.name} without {lacking}"
                assert all(seen["complete"] for seen in evidence(judgement, world))
            else:
                assert judgement == good[check.name], f"{check.name} without {lacking}"
