"""The section ``remediation`` of config.yml: how much may be changed at once, what never, and how long is waited."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xtcheck.config import forms
from xtcheck.config.fields import Fields
from xtcheck.errors import Mistake, choices, collecting
from xtcheck.nodes import Node

KEYS = ("journals", "most-changes", "most-share", "share-from", "protected", "windows")
KIND = re.compile(r"[^/*]+/(?P<kind>[^.*\s]+)(?=[.\s]|$)")
"""How a pattern begins that names the kind of what it protects."""


@dataclass(frozen=True, slots=True)
class Remediation:
    """What config.yml says of putting right; these are the values where it says nothing.

    ``journals`` is the folder for journals. A plan may have ``most_changes`` changes, and of the objects of a tenant
    that could be written it may change or delete ``most_share`` of a hundred, once there are ``share_from`` of them.
    ``protected`` are patterns of objects that are never written. ``windows`` replaces how often is looked whether
    something is visible, and how long (seconds), by the window's name.
    """

    journals: Path
    most_changes: int = 50
    most_share: int = 50
    share_from: int = 10
    protected: tuple[str, ...] = ()
    windows: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def remediation(node: Node | None, folder: Path, places: Collection[str], mistakes: list[Mistake]) -> Remediation:
    """The section. Mistakes go where the fields put them; ``node`` is None where there is none.

    :param places: what config.yml declares, as objects are named by it: ``shared``, ``aws-main``.
    """
    made = Remediation(folder / "xtcheck-journals")
    if node is None:
        return made
    fields = Fields(node, "remediation", KEYS, mistakes)
    return Remediation(
        journals=fields.read("journals", lambda word: forms.located(word, folder), made.journals),
        most_changes=fields.read("most-changes", _number, made.most_changes),
        most_share=fields.read("most-share", _share, made.most_share),
        share_from=fields.read("share-from", _number, made.share_from),
        protected=fields.read("protected", lambda each: _patterns(each, places, mistakes), ()),
        windows=fields.read("windows", lambda each: _windows(each, mistakes), {}),
    )


def _patterns(node: Node, places: Collection[str], mistakes: list[Mistake]) -> tuple[str, ...]:
    found = []
    for item in forms.items(node):
        with collecting(mistakes):
            found.append(_pattern(item, places))
    return tuple(found)


def _pattern(node: Node, places: Collection[str]) -> str:
    """A pattern of what is protected, which must be able to mean something: nobody would see that it does not."""
    from xtcheck.kinds import BY_NAME

    word = forms.value(node)
    text, nothing = word.text, f"{word.shown!r} protects nothing"
    if text != text.strip():
        raise Mistake(word.mark, f"{nothing}: it has blanks around it", "leave them out")
    place, slash, _ = text.partition("/")
    if not slash and "*" not in text:
        hint = "write it as a plan does, shared/partner.one, or with an asterisk for anything"
        raise Mistake(word.mark, f"{nothing}: no object is called so", hint)
    if "*" not in place and place.lower() not in map(str.lower, places):
        raise Mistake(word.mark, f"{nothing}: {place!r} is not declared", choices(place, places, "declared"))
    named = KIND.match(text)
    if named and named["kind"].lower() not in BY_NAME:
        kinds = choices(named["kind"], (name for name, kind in BY_NAME.items() if kind.write), "kinds that are written")
        raise Mistake(word.mark, f"{nothing}: there is no kind {named['kind']!r}", kinds)
    return text


def _number(node: Node) -> int:
    word = forms.value(node)
    if not re.fullmatch("[0-9]{1,6}", word.text):
        raise Mistake(word.mark, f"{word.shown!r} is no number", "write digits")
    return int(word.text)


def _share(node: Node) -> int:
    word = forms.value(node)
    found = re.fullmatch("([0-9]{1,3})%", word.text)
    if not found or int(found[1]) > 100:
        raise Mistake(word.mark, f"{word.shown!r} is no share", "write it like 50%")
    return int(found[1])


def _seconds(node: Node) -> float:
    word = forms.value(node)
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", word.text):
        raise Mistake(word.mark, f"{word.shown!r} is no number of seconds", "write digits")
    return float(word.text)


def _often(node: Node) -> float:
    seconds = _seconds(node)
    if not seconds:
        raise Mistake(node.mark, "looking again takes some time", "write more than 0 seconds")
    return seconds


def _windows(node: Node, mistakes: list[Mistake]) -> dict[str, tuple[float, float]]:
    from xtcheck.kinds import windows  # what is known is the tables' to say

    known = tuple(windows())
    fields = Fields(node, "windows", known, mistakes)
    found = {}
    for name, below in fields.node.entries:
        if name.text in known:
            window = Fields(below, f"the window {name.text}", ("every", "for"), mistakes)
            every, most = window.need("every", _often, 0.0), window.need("for", _seconds, 0.0)
            if every > most and "for" in window:
                what = f"every {every:g} s is never within {most:g} s"
                mistakes.append(Mistake(below.mark, what, "write a longer for, or a shorter every"))
            found[name.text] = (every, most)
    return found
