"""Whom a B2B setting lets through, held against the documented table pair by pair."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtcheck.errors import Uninterpretable
from xtcheck.kinds.reach import reach

Json = Any

USERS, APPS = ("u1", "u2", "u3"), ("a1", "a2", "a3")


def part(access: str, targets: Iterable[str], kind: str) -> Json:
    return {"accessType": access, "targets": [{"target": target, "targetType": kind} for target in targets]}


def setting(users: tuple[str, list[str]], apps: tuple[str, list[str]]) -> Json:
    return {"usersAndGroups": part(*users, "user"), "applications": part(*apps, "application")}


ALL = {"all": (["AllUsers"], ["AllApplications"]), "named": (["u1"], ["a1"])}


@pytest.mark.parametrize(
    "users, apps, expected",
    [
        ("allowed all", "allowed all", "everyone"),
        ("allowed all", "allowed named", "some"),
        ("allowed all", "blocked all", "nobody"),
        ("allowed all", "blocked named", "some"),
        ("allowed named", "allowed all", "some"),
        ("allowed named", "allowed named", "some"),
        ("allowed named", "blocked all", "nobody"),
        ("allowed named", "blocked named", "some"),
        ("blocked all", "allowed all", "nobody"),
        ("blocked all", "allowed named", "nobody"),
        ("blocked all", "blocked all", "nobody"),
        # Only the named application is closed, to everybody.
        ("blocked all", "blocked named", "some"),
        ("blocked named", "allowed all", "some"),
        ("blocked named", "allowed named", "some"),
        ("blocked named", "blocked all", "some"),
        ("blocked named", "blocked named", "some"),
    ],
)
def test_the_truth_table(users: str, apps: str, expected: str) -> None:
    (user_access, user_targets), (app_access, app_targets) = users.split(), apps.split()
    assert reach(setting((user_access, ALL[user_targets][0]), (app_access, ALL[app_targets][1]))) == expected


def granted(document: Json, user: str, app: str) -> bool:
    """The documented evaluation for one user and one application, word for word."""
    users, apps = document["usersAndGroups"], document["applications"]
    on_users = any(target["target"] in (user, "AllUsers") for target in users["targets"])
    on_apps = any(target["target"] in (app, "AllApplications") for target in apps["targets"])
    if users["accessType"] == apps["accessType"] == "blocked":
        return not (on_users and on_apps)
    user_passes = on_users if users["accessType"] == "allowed" else not on_users
    app_passes = on_apps if apps["accessType"] == "allowed" else not on_apps
    return user_passes and app_passes


def parts(names: tuple[str, ...], whole: str) -> st.SearchStrategy[tuple[str, list[str]]]:
    """An access with targets: some but not all of the names, and perhaps the word that means all."""
    some = st.lists(st.sampled_from(names), min_size=1, max_size=len(names) - 1, unique=True)
    targets = st.one_of(some, st.just([whole]), some.map(lambda listed: [*listed, whole]))
    return st.tuples(st.sampled_from(["allowed", "blocked"]), targets)


@given(users=parts(USERS, "AllUsers"), apps=parts(APPS, "AllApplications"))
def test_it_is_what_every_pair_of_user_and_application_comes_to(
    users: tuple[str, list[str]], apps: tuple[str, list[str]]
) -> None:
    document = setting(users, apps)
    pairs = {granted(document, user, app) for user, app in product(USERS, APPS)}
    assert reach(document) == ("some" if len(pairs) == 2 else "everyone" if pairs == {True} else "nobody")


def test_a_blank_before_the_access_type_is_no_matter() -> None:
    assert reach(setting((" blocked", ["AllUsers"]), ("blocked", ["AllApplications"]))) == "nobody"


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"usersAndGroups": None, "applications": part("allowed", ["AllApplications"], "application")},
        {"usersAndGroups": part("allowed", ["AllUsers"], "user"), "applications": None},
        setting(("unknownFutureValue", ["AllUsers"]), ("allowed", ["AllApplications"])),
        setting(("allowed", []), ("allowed", ["AllApplications"])),
        {**setting(("allowed", ["u1"]), ("allowed", ["a1"])), "usersAndGroups": {"accessType": "allowed"}},
        {
            **setting(("allowed", ["u1"]), ("allowed", ["a1"])),
            "applications": {"accessType": "allowed", "targets": ["AllApplications"]},
        },
        {
            **setting(("allowed", ["u1"]), ("allowed", ["a1"])),
            "applications": {"accessType": "allowed", "targets": [{"target": None, "targetType": "application"}]},
        },
    ],
)
def test_a_form_that_the_documentation_does_not_know_is_not_judged(document: Json) -> None:
    with pytest.raises(Uninterpretable):
        reach(document)
