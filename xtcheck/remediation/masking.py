"""What came from the environment is shown by its name: in values and in what is said, never in what names an object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from xtcheck.hiding import LEAST, NAMED, longest, uncut, written
from xtcheck.kinds.writes import sendable
from xtcheck.model import Check, Ref, Writable
from xtcheck.remediation.changes import Change, Place, Plan
from xtcheck.remediation.foreseen import looking_at
from xtcheck.remediation.likeness import alike, digest

Json = Any


def hidden_of(checks: Iterable[Check]) -> dict[str, str]:
    """The texts that came from the environment into any of the checks, with what is shown in their place."""
    return {text: name for check in checks for text, name in check.hidden.items()}


def stated_of(checks: Iterable[Check], ref: Ref) -> Iterator[tuple[Check, Mapping[str, Json]]]:
    """What checks with texts of the environment state of an object, by path: it may be sent along for others."""
    for check in looking_at(ref, checks):
        row = check.setting.type
        if check.names and check.setting.path and isinstance(row, Writable) and sendable(row):
            yield check, {check.setting.path: row.sent(check.expected)}


def kept_masked(change: Change) -> dict[str, str]:
    """By path, what a change that was written down has in the place of a text of the environment."""
    found = {place.path: NAMED.findall(json.dumps(place.after)) for place in change.places}
    return {path: " ".join(dict.fromkeys(names)) for path, names in found.items() if names}


def is_masked(value: Json) -> bool:
    """Whether anything of a value is shown by its name only."""
    return NAMED.search(json.dumps(value, default=str)) is not None


def concealed(sent: Iterable[tuple[Check, Mapping[str, Json]]]) -> dict[str, str]:
    """By path, what is shown in the place of a whole value: one that an environment's text was made into, and in which
    it cannot be found any more.

    :param sent: checks with the values that they send, by path.
    """
    found: dict[str, str] = {}
    for check, values in sent:
        if not check.names:
            continue
        veil = Veil(check.hidden)
        texts = [[veil.path(path), veil.value(value)] for path, value in values.items()]
        if not set(check.names) <= set(NAMED.findall(json.dumps(texts, default=str))):
            found |= dict.fromkeys(values, " ".join(check.names))
    return found


class Veil:
    """Masks what is shown. It knows the names of the changes that it has masked, and those of their objects, which stay
    as they are in texts.
    """

    def __init__(self, hidden: Mapping[str, str]) -> None:
        """``hidden`` maps the texts that came from the environment to what is shown in their place."""
        self._hidden = {text: name for text, name in hidden.items() if text}
        self._documents = [(parsed, name) for text, name in hidden.items() if (parsed := _document(text))]
        self._forms = {form: name for text, name in self._hidden.items() for form in written(text)}
        self._within = re.compile("|".join([NAMED.pattern, *_patterns(form for form in self._forms if _is_long(form))]))
        self._names: dict[str, str] = {}
        self._said: re.Pattern[str] | None = None

    def plan(self, plan: Plan) -> Plan:
        """A plan as a person may see it."""
        for change in plan.all():
            self.change(change)
        by_hand = (replace(each, why=self.text(each.why), step=self.text(each.step)) for each in plan.by_hand)
        return replace(
            plan,
            changes=tuple(map(self.change, plan.changes)),
            held=tuple(map(self.change, plan.held)),
            by_hand=tuple(by_hand),
        )

    def digests(self, document: Json) -> dict[str, str]:
        """Of each property what tells its value from others; nothing (empty) of what the environment says."""
        shown = document if isinstance(document, dict) else {}
        return {name: digest(value) if self.value(value) == value else "" for name, value in shown.items()}

    def change(self, change: Change) -> Change:
        """A change whose values are masked; what is done, and to which object, stays as it is."""
        if not self._hidden and not change.concealed:
            return change
        names = [_at(change.concealed, place.path) for place in change.places]
        places = tuple(self._place(place, name) for place, name in zip(change.places, names, strict=True))
        same = _Same()
        for was, place in zip(change.places, places, strict=True):
            same.take(was.before, place.before)
            same.take(was.after, place.after)
        write = replace(
            change.write,
            body=self.value(same.put(change.write.body)),
            operation="/".join(same.segment(each) for each in change.write.operation.split("/")),
        )
        item = change.item and (next(filter(None, names), "") or self.value(change.item))
        inside = {name: self.value(document) for name, document in change.inside.items()}
        masked = replace(change, places=places, write=write, item=item, inside=inside)
        if change.name not in self._names:
            self._names |= {change.target: masked.target, change.name: masked.name}
            self._said = None
        return replace(masked, needs=tuple(self._names.get(name, name) for name in change.needs))

    def name(self, change: Change) -> str:
        """The name of a change as a person may see it."""
        return self.change(change).name

    def _place(self, place: Place, name: str) -> Place:
        """One place; ``name`` is shown in place of the value that is sent, unless it is empty."""
        after = name if name and _is_text(place.after) else self.value(place.after)
        same = name and alike(place.before, place.after)
        before = after if same else self.value(place.before)
        return replace(place, path=self.path(place.path, name), before=before, after=after)

    def path(self, path: str, name: str = "") -> str:
        """The path of a place; of that of a list's item, what it says of the item is masked."""
        if not path.startswith("["):
            return path
        fields = json.loads(path[1:-1])
        masked = dict.fromkeys(fields, name) if name else self.value(fields)
        return path if masked == fields else f"[{json.dumps(masked)}]"

    def value(self, value: Json) -> Json:
        """A value: what is wholly from the environment by any length, what only holds such a text where it is long."""
        match value:
            case str():
                return self._hidden.get(value) or self._inside(value)
            case dict():
                return self._whole(value) or {name: self.value(item) for name, item in value.items()}
            case list():
                return self._whole(value) or [self.value(item) for item in value]
            case _:
                return value

    def _inside(self, text: str) -> str:
        """A text may be JSON itself, as inline policies and notification settings are, and written anew since."""
        document = _document(text)
        if document and (masked := self.value(document)) != document:
            text = masked if isinstance(masked, str) else json.dumps(masked, ensure_ascii=False)
        return self._within.sub(lambda found: self._forms.get(found[0], found[0]), text)

    def _whole(self, document: Json) -> str:
        return next((name for known, name in self._documents if document and alike(known, document)), "")

    def text(self, said: str) -> str:
        """What somebody says of a change or an object, such as a service that repeats what was sent."""
        if not self._hidden:
            return said
        if self._said is None:
            forms = [form for form in self._forms if _is_long(form)]
            words = [form for form in self._forms if not _is_long(form)]
            alone = [rf"(?<![\w./-])(?:{'|'.join(_patterns(words))})(?![\w/-]|\.\w)"] if words else []
            parts = [*_patterns(self._names), NAMED.pattern, *_patterns(forms), *alone]
            self._said = re.compile("|".join(parts))
        shown = self._forms | self._names
        return uncut(self._said.sub(lambda found: shown.get(found[0], found[0]), said), self._forms)


class _Same:
    """What is shown of the values at a change's places, to be put where the same values stand in what is sent."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._wholes: list[tuple[Json, str]] = []

    def take(self, was: Json, shown: Json) -> None:
        """Take note of a value, and of what is shown of it."""
        if was == shown:
            return
        match was, shown:
            case dict(), dict():
                for name, value in was.items():
                    self.take(value, shown[name])
            case list(), list():
                for value, other in zip(was, shown, strict=True):
                    self.take(value, other)
            case str(), str():
                self._texts |= {was: shown, quote(was, safe=""): shown}
            case _, str():
                self._wholes.append((was, shown))
                self._texts |= dict.fromkeys(_texts(was), shown)

    def put(self, sent: Json) -> Json:
        """What is sent, with what is shown of its values."""
        for was, shown in self._wholes:
            if type(was) is type(sent) and was == sent:
                return shown
        match sent:
            case str():
                return self._texts.get(sent, sent)
            case dict():
                return {name: self.put(value) for name, value in sent.items()}
            case list():
                return [self.put(value) for value in sent]
            case _:
                return sent

    def segment(self, segment: str) -> str:
        """A part of an address."""
        return self._texts.get(segment, segment)


def _texts(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)


def _at(concealed_: Mapping[str, str], path: str) -> str:
    """What is shown at a path, when a value there, or a part or the whole of it, is concealed."""
    return next(
        (
            name
            for known, name in concealed_.items()
            if known == path or known.startswith(f"{path}.") or path.startswith(f"{known}.")
        ),
        "",
    )


def _is_text(value: Json) -> bool:
    """Whether a value says more than yes, no or nothing."""
    return value not in (None, "", [], {}) and not isinstance(value, bool)


def _is_long(form: str) -> bool:
    return len(form) >= LEAST


def _patterns(forms: Iterable[str]) -> list[str]:
    return [re.escape(form) for form in longest(forms)]


def _document(text: str) -> Json:
    """The object or list that a text is as JSON; None where it is none, or an empty one."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text) or None
    except (ValueError, RecursionError):
        return None
