"""Replace, in the five forms that the function page documents, with .NET's regular expressions."""

from __future__ import annotations

from collections.abc import Callable

from xtcheck.languages.expressions.lengths import TooLong, replaced
from xtcheck.languages.expressions.patterns import BeyondUs, group_text, in_group, substituted
from xtcheck.languages.expressions.run import Run
from xtcheck.languages.expressions.values import NULL, NoValue, Value, error, text_of, together, undetermined

FORMS = (
    frozenset({"oldValue", "replacementValue"}),
    frozenset({"oldValue", "template"}),
    frozenset({"regexPattern", "replacementValue"}),
    frozenset({"regexPattern", "regexGroupName", "replacementValue"}),
    frozenset({"regexPattern", "regexGroupName", "replacementAttributeName"}),
)
"""The arguments besides the source that go together."""


def replace(run: Run, source: Value, given: dict[str, Value]) -> Value:
    """The result for the arguments that were not left out."""
    if frozenset(given) not in FORMS:
        return undetermined("B-13")
    if "replacementAttributeName" in given:
        return _extracted(run, source, given)
    # Only the form above is documented for a source without a value.
    texts: dict[str, str] = {}
    open_ = together((source, *given.values()))
    if open_ is not None:
        return open_
    for name, value in (("source", source), *given.items()):
        argument = run.null() if value == NULL else value
        match argument:
            case str() | int():
                texts[name] = text_of(argument)
            case tuple():
                return undetermined("B-21")
            case _:
                return argument
    return _replaced(texts)


def _replaced(given: dict[str, str]) -> Value:
    source = given["source"]
    match given:
        case {"oldValue": ""}:
            return error("Replace: oldValue is empty")
        case {"oldValue": old, "replacementValue": new}:
            return replaced(source, old, new)
        case {"oldValue": old, "template": template}:
            return replaced(template, old, source)
        case {"regexPattern": pattern, "regexGroupName": group, "replacementValue": new}:
            return _guarded(lambda: in_group(pattern, group, source, new))
        case {"regexPattern": pattern, "replacementValue": new}:
            return _guarded(lambda: substituted(pattern, source, new))
    return undetermined("B-13")


def _extracted(run: Run, source: Value, given: dict[str, Value]) -> Value:
    """A source with a value is the result; else a group's text in the other attribute."""
    if isinstance(source, str | int) and text_of(source):
        return text_of(source)
    pattern, group, other = (given[name] for name in ("regexPattern", "regexGroupName", "replacementAttributeName"))
    open_ = together((source, pattern, group, other))
    if open_ is not None:
        return open_
    if isinstance(source, tuple):
        return undetermined("B-21")
    if isinstance(source, NoValue) and source.kind != "null":
        return source
    if other == NULL:
        return run.null()
    if not (isinstance(pattern, str) and isinstance(group, str) and isinstance(other, str)):
        return undetermined("B-13")
    return _guarded(lambda: group_text(pattern, group, other))


def _guarded(search: Callable[[], str | None]) -> Value:
    """The text of a search, B-13 where the group is not there, B-25 where the pattern cannot be evaluated."""
    try:
        found = search()
    except (TimeoutError, BeyondUs):
        return undetermined("B-25")
    except TooLong:
        return undetermined("length")
    return undetermined("B-13") if found is None else found
