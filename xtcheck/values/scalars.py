"""Types whose value is one word, text or number."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, choices
from xtcheck.model import Folding, Type, Writable
from xtcheck.nodes import Node, Scalar, Sequence, scalar

Json = Any

TEXT_SCHEMA: Json = {"type": ["string", "number", "boolean"]}
"""A text; without quotes an editor may take it for a number or a truth value, which the loader does not."""

VARIABLE_SCHEMA: Json = {"type": "string", "pattern": r"\$\{"}
"""A value may be written as a variable; what it becomes is checked when the policy is collected."""

INHERIT = "inherit"


@dataclass(frozen=True, slots=True)
class Boolean:
    """``true`` or ``false`` in the policy, a JSON Boolean of the service; ``null`` is what null there documents."""

    null: bool | None = None

    def parse(self, node: Node) -> bool:
        word = scalar(node, "true or false")
        if word.text not in {"true", "false"}:
            raise Mistake(word.mark, f"true or false was expected, not {word.shown!r}", _boolean_hint(word.text))
        return word.text == "true"

    def read(self, observed: Json) -> bool:
        if observed is None and self.null is not None:
            return self.null
        if not isinstance(observed, bool):
            raise Uninterpretable(f"the service answered {shape(observed)} where true or false is documented")
        return observed

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        return None if expected is observed else ()

    def show(self, value: Json) -> str:
        return "true" if value else "false"

    def sent(self, value: bool) -> Json:  # noqa: FBT001  # a value, not a flag
        return value

    def schema(self) -> Json:
        return {"anyOf": [{"type": "boolean"}, {"enum": ["true", "false"]}, VARIABLE_SCHEMA]}

    def other(self, observed: Json) -> Json:
        return not observed


def _boolean_hint(text: str) -> str:
    match text.lower():
        case "yes" | "on" | "y" | "1" | "true":
            return "write true"
        case "no" | "off" | "n" | "0" | "false":
            return "write false"
        case _:
            return "write true or false"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; ``words`` maps the policy's word to the service's.

    A word of the service that is not in the table is not understood: that is never a pass. ``finer`` are words that
    say more than one of a policy's, which they mean.
    """

    words: Mapping[str, str | bool | None]
    finer: Mapping[str, str] = field(default_factory=dict)

    def parse(self, node: Node) -> str:
        word = scalar(node, f"one of {', '.join(self.words)}")
        if word.text not in self.words:
            raise Mistake(word.mark, f"{word.shown!r} is not a value of this setting", choices(word.text, self.words))
        return word.text

    def read(self, observed: Json) -> str:
        if isinstance(observed, str) and observed in self.finer:
            return observed
        for word, theirs in self.words.items():
            same_text = isinstance(theirs, str) and isinstance(observed, str) and theirs.lower() == observed.lower()
            if same_text or (not isinstance(theirs, str) and theirs is observed):
                return word
        raise Uninterpretable(
            f"the service answered {shape(observed)}; known are {', '.join(map(str, self.words.values()))}"
        )

    def differences(self, expected: str, observed: str) -> tuple[str, ...] | None:
        return None if expected == self.finer.get(observed, observed) else ()

    def show(self, value: Json) -> str:
        return str(value)

    def sent(self, value: str) -> Json:
        return self.words[value]

    def meaning(self, observed: Json) -> Json:
        return observed.lower() if isinstance(observed, str) else observed

    def schema(self) -> Json:
        return {"anyOf": [{"enum": list(self.words)}, VARIABLE_SCHEMA]}

    def other(self, observed: Json) -> Json:
        return next(theirs for word, theirs in self.words.items() if word != self.read(observed))


def plainly(text: str) -> str:
    """A text as it is."""
    return text


def without_blanks(text: str) -> str:
    """A text whose runs of white space outside double quotes are one blank, and none inside brackets' edges.

    Rules and expressions mean the same however they are spaced; inside quotes every character counts.
    """
    parts = text.split('"')
    for index in range(0, len(parts), 2):
        words = " ".join(parts[index].split())
        for glyph in "()[],":
            words = words.replace(f"{glyph} ", glyph).replace(f" {glyph}", glyph)
        parts[index] = words
    return '"'.join(parts)


CURLY = "\u201c\u201d\u2018\u2019"


def straight(text: Scalar) -> None:
    """A rule or expression whose texts are delimited by straight quotes; inside these any quote may stand.

    :raises Mistake: a word processor made the quotes typographic, and the service would refuse them.
    """
    outside = "".join(text.text.split('"')[::2])
    curly = next((glyph for glyph in outside if glyph in CURLY), None)
    if curly:
        raise Mistake(text.mark, f"the typographic quote {curly} stands outside a text", 'only " delimits a text')


@dataclass(frozen=True, slots=True)
class Text:
    """A text; ``normal`` takes away what does not count (white space of a rule, a URL's last slash, letter case).

    Null reads as the empty text, unless it is ``never_null``: then null means that it was not shown. ``examples`` are
    two texts that the service could hold, where it would not hold just any. ``form`` is the pattern that a policy's
    text must have, ``hint`` says it to a person.
    """

    normal: Callable[[str], str] = plainly
    never_null: bool = False
    examples: tuple[str, str] | None = None
    form: str = ""
    hint: str = ""

    def parse(self, node: Node) -> str:
        text = scalar(node, "a text")
        if not text.text:
            raise Mistake(text.mark, "the text is empty", "write the expected value, or leave the key out")
        if self.form and not re.fullmatch(self.form, text.text):
            raise Mistake(text.mark, f"{text.shown!r} has not the form of this setting", self.hint)
        if self.normal is without_blanks:
            straight(text)
        return text.text

    def read(self, observed: Json) -> str:
        if observed is None and not self.never_null:
            return ""
        if not isinstance(observed, str):
            raise Uninterpretable(f"the service answered {shape(observed)} where a text is documented")
        return observed

    def differences(self, expected: str, observed: str) -> tuple[str, ...] | None:
        wanted, seen = self.normal(expected), self.normal(observed)
        if wanted == seen:
            return None
        return near_miss(wanted, seen)

    def show(self, value: Json) -> str:
        return str(value) or "(empty)"

    def sent(self, value: str) -> Json:
        return value

    def meaning(self, observed: Json) -> Json:
        return self.normal(observed) or None if isinstance(observed, str) else observed

    def schema(self) -> Json:
        return TEXT_SCHEMA

    def other(self, observed: Json) -> Json:
        if self.examples is None:
            return f"{observed or ''}x"
        return next(text for text in self.examples if self.normal(text) != self.normal(str(observed)))


LOOKALIKES = str.maketrans(
    {"–": "-", "—": "-", "‑": "-", "−": "-", "“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " "}
)


def folded(text: str) -> str:
    """A text without what the eye takes for the same: dashes, quotes, letter case, blanks."""
    return " ".join(text.translate(LOOKALIKES).casefold().split())


def near_miss(expected: str, observed: str) -> tuple[str, ...]:
    """A line that names the first character that differs, when the texts look alike; else nothing."""
    if folded(expected) != folded(observed):
        return ()
    for index, (one, other) in enumerate(zip(expected, observed, strict=False)):
        if one != other:
            return (f"they differ at character {index + 1}: U+{ord(one):04X} is expected, U+{ord(other):04X} is there",)
    return ("they differ in length only (blanks at the end?)",)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of several acceptable values of another type: ``a`` or ``[a, b]``."""

    inner: Type

    def parse(self, node: Node) -> Json:
        items = node.items if isinstance(node, Sequence) else (node,)
        if not items:
            raise Mistake(node.mark, "no value is acceptable", "write at least one")
        return [self.inner.parse(item) for item in items]

    def read(self, observed: Json) -> Json:
        return self.inner.read(observed)

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        return None if any(self.inner.differences(value, observed) is None for value in expected) else ()

    def show(self, value: Json) -> str:
        return " or ".join(map(self.inner.show, value)) if isinstance(value, list) else self.inner.show(value)

    def sent(self, value: Json) -> Json:
        """Of several acceptable values the first. :raises TypeError: they cannot be sent; a fault of the table."""
        return sent(self.inner, value[0])

    def meaning(self, observed: Json) -> Json:
        return meaning(self.inner, observed)

    def schema(self) -> Json:
        inner = self.inner.schema()
        several = {"type": "array", "items": inner, "minItems": 1}
        return {"anyOf": [*inner.get("anyOf", [inner]), several]}

    def other(self, observed: Json) -> Json:
        return self.inner.other(observed)


@dataclass(frozen=True, slots=True)
class Inheritable:
    """Another type, or ``inherit``: the property is null (or not there), so that the tenant's default applies."""

    inner: Type

    def parse(self, node: Node) -> Json:
        if isinstance(node, Scalar) and node.text == INHERIT:
            return INHERIT
        return self.inner.parse(node)

    def read(self, observed: Json) -> Json:
        return INHERIT if observed is None else self.inner.read(observed)

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        if INHERIT in (expected, observed):
            return None if expected == observed else ()
        return self.inner.differences(expected, observed)

    def show(self, value: Json) -> str:
        return INHERIT if value == INHERIT else self.inner.show(value)

    def sent(self, value: Json) -> Json:
        """:raises TypeError: the other type's values cannot be sent; that is a fault of the table."""
        return None if value == INHERIT else sent(self.inner, value)

    def meaning(self, observed: Json) -> Json:
        return meaning(self.inner, observed)

    def schema(self) -> Json:
        inner = self.inner.schema()
        return {"anyOf": [{"const": INHERIT}, *inner.get("anyOf", [inner])]}

    def other(self, observed: Json) -> Json:
        return self.inner.other(observed)


def sent(type_: Type, value: Json) -> Json:
    """What a value of a type is sent as.

    :raises TypeError: such values cannot be sent; that is a fault of the table.
    """
    if not isinstance(type_, Writable):
        raise TypeError(f"values of {type(type_).__name__} are not sent")
    return type_.sent(value)


def meaning(type_: Type, observed: Json) -> Json:
    """A raw value of a type, the same however the service writes it."""
    return type_.meaning(observed) if isinstance(type_, Folding) else observed


def shape(observed: Json) -> str:
    """What a JSON value is, without printing a whole document."""
    match observed:
        case None:
            return "null"
        case dict():
            return "an object"
        case list():
            return f"a list of {len(observed)}"
        case str():
            return repr(observed[:60])
        case _:
            return repr(observed)
