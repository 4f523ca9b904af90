"""What the tables say of writing: every row says something, and what is sent reads as what a policy expects."""

from __future__ import annotations

import pytest

from tests.gates import scenario
from tests.model.test_kinds import each_row
from tests.rows.test_mending import NO_API, PEOPLE, _shown_by
from xtcheck.kinds import KINDS, rows, windows
from xtcheck.kinds.writes import is_written, permissions_to_write, told
from xtcheck.model import Check, Kind, Setting, Writable
from xtcheck.policy.places import place_of
from xtcheck.remediation.filling import nickname
from xtcheck.shapes import Merge, Upsert, Window

WRITTEN = [
    check
    for check in scenario.checks()
    if is_written(check.kind, check.setting) and check.setting.path and check.setting.sets is None
]
"""Checks of rows of which path and type say what is sent; where a function says it, the gate that mends holds it."""
ONCE = list({(check.kind.name, check.setting.key): check for check in WRITTEN}.values())


@each_row
def test_every_row_says_how_it_is_written_or_why_not(kind: Kind, setting: Setting) -> None:
    text = told(kind, setting)
    assert text.startswith(("written: ", "not written: "))
    assert is_written(kind, setting) <= text.startswith("written: ")


@pytest.mark.parametrize("window", windows().values(), ids=lambda window: window.name)
def test_a_window_has_time_for_a_look(window: Window) -> None:
    assert 0 < window.every <= window.most


def test_what_no_api_writes_and_people_of_an_identity_store_are_not_written() -> None:
    for kind, setting in rows():
        if is_written(kind, setting):
            assert ".".join(place_of(kind, setting)) not in NO_API
            assert _shown_by(kind) not in PEOPLE


@pytest.mark.parametrize("check", ONCE, ids=lambda check: check.name)
def test_what_is_sent_reads_as_what_is_expected(check: Check) -> None:
    setting = check.setting
    assert isinstance(setting.type, Writable)
    found = setting.type.read(setting.type.sent(check.expected))
    assert setting.type.differences(check.expected, found) is None


@pytest.mark.parametrize("check", ONCE, ids=lambda check: check.name)
def test_a_place_inside_a_property_belongs_to_a_unit(check: Check) -> None:
    shape, (name, _, key) = check.kind.write, check.setting.path.partition(".")
    assert shape is not None
    if isinstance(shape, Merge | Upsert):
        assert not key or key in shape.units[name].keys


def test_writing_takes_permissions_that_write() -> None:
    needed = {name for kind in KINDS for name in permissions_to_write(kind)}
    assert needed
    actions = {name for name in needed if ":" in name}
    assert {name for name in needed - actions if "ReadWrite" not in name} == {"Application.Read.All"}, "to assign"
    reads = ("List", "Describe", "Get", "Is", "Lookup")
    assert {name for name in actions if name.partition(":")[2].startswith(reads)} == set()


@pytest.mark.parametrize(
    "name, short",
    [
        ("DevOps – Shared Tenant", "devops-shared-tenant"),
        ("Größe @ 2", "groe-2"),
        ("日本", "group"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_group_gets_a_mail_nickname_that_graph_takes(name: str, short: str) -> None:
    assert nickname(name) == short
