"""Texts that are shown by their names only: taken out of what somebody says before anything of it is cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

NAMED = re.compile(r"\$\{env\.\w+\}")
"""What stands in the place of a text of the environment."""
LEAST = 6
"""A text of fewer characters is masked where it is a whole value or word: within others it stands by chance."""
CUT = re.compile(r"…|\.{3}")
"""What stands for the rest of a text that was cut."""


@dataclass(frozen=True, slots=True)
class _Hidden:
    """Texts with what is shown in their place, and all their forms; made once, for many answers may be quoted."""

    texts: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    pattern: re.Pattern[str] = NAMED


_HIDDEN: ContextVar[_Hidden] = ContextVar("hidden", default=_Hidden())  # noqa: B039  # it is frozen


@contextmanager
def hiding(texts: Mapping[str, str]) -> Iterator[None]:
    """Let whoever quotes a service meanwhile, here and in what is begun here, show these texts by their names."""
    known = {**_HIDDEN.get().texts, **texts}
    forms = {form: name for text, name in known.items() for form in written(text) if len(form) >= LEAST}
    pattern = re.compile("|".join([NAMED.pattern, *map(re.escape, longest(forms))]))
    kept = _HIDDEN.set(_Hidden(known, forms, pattern))
    try:
        yield
    finally:
        _HIDDEN.reset(kept)


def discreet(said: str) -> str:
    """What somebody says, whole, without the texts that are being hidden."""
    hidden = _HIDDEN.get()
    return uncut(hidden.pattern.sub(lambda found: hidden.forms.get(found[0], found[0]), said), hidden.forms)


def uncut(said: str, forms: Mapping[str, str]) -> str:
    """A text in which what was cut off a hidden one, ``secr…``, is shown by its name too."""
    parts, end = [], 0
    for cut in CUT.finditer(said):
        before = said[end : cut.start()]
        form, begun = max(((form, _begun(before, form)) for form in forms), key=lambda each: each[1], default=("", 0))
        parts.append(before[: len(before) - begun] + forms[form] if begun else before)
        parts.append(cut[0])
        end = cut.end()
    return "".join([*parts, said[end:]])


def written(text: str) -> set[str]:
    """The ways in which a text stands in others: as it is, escaped as in JSON, or as Python quotes it."""
    return {text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]}


def longest(forms: Iterable[str]) -> list[str]:
    """The longest first, for one text may contain another."""
    return sorted(forms, key=len, reverse=True)


def _begun(said: str, form: str) -> int:
    """With how many characters of a form, and no fewer than count, a text ends."""
    most = min(len(said), len(form))
    return next((count for count in range(most, LEAST - 1, -1) if said.endswith(form[:count])), 0)
