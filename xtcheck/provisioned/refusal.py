"""Whom AWS's SCIM endpoint must refuse, by what a mapping makes of people: before it happens.

Learn: entra/identity/saas-apps/aws-single-sign-on-provisioning-tutorial (required attributes, forbidden characters, one
e-mail and one phone number). AWS: SCIM implementation developer guide, CreateUser; Identity Store API reference, User.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from operator import add, or_
from typing import TYPE_CHECKING

from xtcheck.languages.expressions.letters import folded
from xtcheck.provisioned import scim

if TYPE_CHECKING:
    import polars as pl

    from xtcheck.provisioned.comparison import Wanted

REQUIRED = ("userName", "displayName", "name.givenName", "name.familyName")
SINGLE = {"emails": "e-mail addresses", "phoneNumbers": "phone numbers", "addresses": "addresses"}
"""Lists of which the identity store keeps one item only."""
NAMES = (*REQUIRED, "name.formatted", "nickName", "title")
"""Where forbidden characters stand for certain in names; an address may hold a line feed."""
FORBIDDEN = r"[\t\r\n<>;:%]"
"""The page shows the list with bars between the characters; the walkthrough provisions names with a bar, so a bar is
none of them."""
VALUE = ".value"
EMAIL = 'emails[type eq "work"].value'
UNIQUE = {"userName": "the user name", "externalId": "the external id", EMAIL: "the e-mail"}
LONGEST = 128
"""Characters of a user name (Identity Store API reference: UserName)."""
RESERVED = ("administrator", "awsadministrators")
"""User names that AWS keeps for itself (Identity Store API reference: CreateUser)."""


def judged(wanted: Mapping[str, Wanted]) -> list[str]:
    """The mapped attributes by whose values somebody is refused: of whom one is not known, that is not known either."""
    types = _types(wanted)
    items = [name for each in SINGLE for several in types[each].values() for name in several
             if len(types[each]) > 1 or name.endswith(VALUE)]  # fmt: skip
    return sorted(wanted.keys() & {*NAMES, *UNIQUE, *items})


def refusals(wanted: Mapping[str, Wanted], names: pl.Series, taken: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """The rows of people whom AWS must refuse, each with a reason.

    :param wanted: what the mapping makes of them, by target attribute.
    :param names: what they are called.
    :param taken: e-mail addresses, in small letters, of users whom SCIM did not make, each with the user's name. One of
        the same user name is taken over, and not in anybody's way.
    """
    for attribute in REQUIRED:
        if attribute in wanted:
            empty = _rows(wanted[attribute], lambda text: text.is_null() | (text == ""))
            yield from ((row, f"no {attribute}: AWS takes nobody without") for row in empty)
        else:
            yield from ((row, f"{attribute} is not mapped, and AWS takes nobody without") for row in range(len(names)))
    yield from _several(wanted)
    for attribute in sorted(wanted.keys() & set(NAMES)):
        for row in _rows(wanted[attribute], lambda text: text.str.contains(FORBIDDEN)):
            yield row, f"{attribute} has a character that AWS refuses (tab, line feed, or one of < > ; : %)"
    if "userName" in wanted:
        yield from _of_user_name(wanted["userName"])
    if {"userName", EMAIL} <= wanted.keys():
        yield from _taken(wanted[EMAIL].values, wanted["userName"].values, taken)
    for attribute in sorted(wanted.keys() & UNIQUE.keys()):
        yield from _shared(wanted[attribute].values, UNIQUE[attribute], names)


def _rows(wanted: Wanted, refused: Callable[[pl.Series], pl.Series]) -> list[int]:
    """The rows that are refused, among those whose value is known."""
    bad = refused(wanted.values).fill_null(value=False)
    if wanted.open is not None:
        bad &= wanted.open.is_null()
    if wanted.several is not None:
        bad &= ~wanted.several
    return bad.arg_true().to_list()


def _several(wanted: Mapping[str, Wanted]) -> Iterator[tuple[int, str]]:
    """Who would have two items in a list that holds one: two mappings, or one with several values."""
    for name, types in _types(wanted).items():
        filled = [reduce(or_, (_filled(wanted[each]) for each in attributes)) for attributes in types.values()]
        if filled:
            count = reduce(add, (each.cast(int) for each in filled))
            yield from ((row, f"several {SINGLE[name]}: AWS keeps one") for row in (count > 1).arg_true())
    for attribute in judged(wanted):
        several, called = wanted[attribute].several, SINGLE.get(scim.listed(attribute))
        why = f"several {called}: AWS keeps one" if called else f"several values of {attribute}: AWS takes one"
        yield from ((row, why) for row in (several.arg_true() if several is not None else ()))


def _types(wanted: Mapping[str, Wanted]) -> dict[str, dict[str, list[str]]]:
    """Of each list of which AWS keeps one item, the items that are mapped, each with its attributes."""
    found: dict[str, dict[str, list[str]]] = {name: {} for name in SINGLE}
    for attribute in wanted:
        if (name := scim.listed(attribute)) in found:
            found[name].setdefault(attribute.partition("]")[0], []).append(attribute)
    return found


def _filled(wanted: Wanted) -> pl.Series:
    return wanted.values.is_not_null() & (wanted.values != "")


def _of_user_name(wanted: Wanted) -> Iterator[tuple[int, str]]:
    lower = wanted.values.str.to_lowercase()
    for row in (wanted.values.str.len_chars() > LONGEST).arg_true():
        yield row, f"the user name has more than {LONGEST} characters"
    for row in lower.is_in(RESERVED).arg_true():
        yield row, f"{wanted.values[row]} is a name that AWS keeps for itself"


def _taken(mails: pl.Series, names: pl.Series, taken: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    lower = mails.str.to_lowercase()
    for row in lower.is_in(list(taken)).fill_null(value=False).arg_true():
        holder = taken[lower[row]]
        if folded(holder) != folded(str(names[row])):
            yield row, f"the e-mail {mails[row]} is that of {holder}, whom SCIM did not make"


def _shared(values: pl.Series, called: str, names: pl.Series) -> Iterator[tuple[int, str]]:
    """Who shares a value that AWS takes once."""
    lower = values.str.to_lowercase()
    for row in (lower.is_duplicated() & lower.is_not_null() & (lower != "")).arg_true():
        others = [name for name in names.filter(lower == lower[row]) if name != names[row]]
        yield row, f"{called} {values[row]} is also that of {', '.join(others[:3]) or 'another'}"
