"""The points at which the documentation of mapping expressions is silent or contradicts itself, and how each is read.

Documentation: learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data (the
*function page*) and learn.microsoft.com/entra/identity/hybrid/cloud-sync/reference-expressions (the *Cloud Sync page*).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from xtcheck.errors import XtcheckError, choices

OPEN = "open"
"""The reading of an item that nobody has settled: every answer that hangs on it is undetermined."""


@dataclass(frozen=True, slots=True)
class Item:
    """One such point.

    ``readings`` are the ways in which the service may behave, by the words that a policy may settle it with;
    ``default`` is the one taken when no policy does: ``open``, or an assumption, which is named with the answer.
    """

    id: str
    name: str
    point: str
    readings: tuple[str, ...] = ()
    default: str = OPEN


ITEMS = (
    Item("B-01", "backslash", "a backslash before another character than a backslash or a quotation mark",
         ("kept",), "kept"),
    Item("B-02", "null_argument", "an attribute without a value, given to a function that is not documented for that",
         ("propagate", "empty")),
    Item("B-03", "month_end", "months added to the last days of a month: clamped to its last day, as .NET does",
         ("clamped",), "clamped"),
    Item("B-04", "default_domain", "which tenant's default domain DefaultDomain() means when two are synchronized",
         ("source", "target")),
    Item("B-05", "empty_condition", "a condition of IIF in which an attribute is null or empty: the function page says "
         "that the check fails, and the guides for Workday and SuccessFactors use it", ("false", "compared")),
    Item("B-06", "instr_case", "how InStr compares when its fourth argument is left out", ("binary", "text")),
    Item("B-07", "join_null", "an attribute without a value among the sources of Join", ("skipped", "propagate"),
         "skipped"),
    Item("B-08", "mid_range", "Mid that begins beyond the end (an empty text), or before 1, or has a negative length "
         "(an error)", ("lenient",), "lenient"),
    Item("B-09", "duplicates", "which values RemoveDuplicates takes for the same", ("exact", "ignore-case"), "exact"),
    Item("B-10", "split_blanks", "blanks around the values that Split yields; the sample loses one",
         ("kept", "trimmed"), "kept"),
    Item("B-11", "empty_words", "two delimiters in a row for Word", ("skipped", "counted")),
    Item("B-12", "other_letters", "letters that are not in the table of NormalizeDiacritics: their base letter, if any",
         ("base",), "base"),
    Item("B-13", "replace_forms", "arguments of Replace that no documented form has, or a group that is not there"),
    Item("B-14", "no_match", "Switch without a default, and no key that matches: no value", ("null",), "null"),
    Item("B-17", "comparison", "how a condition compares: texts by letter case or not, digits as numbers or texts",
         ("numbers", "text", "ignore-case")),
    # Found while this was written; the numbers go on.
    Item("B-18", "datediff_units", "whether DateDiff counts whole units or the boundaries between; the documented "
         "examples fit both, except for weeks, months and years", ("whole", "boundaries")),
    Item("B-19", "format_offset", "whether FormatDateTime moves a time with an offset to UTC before it prints it",
         ("utc", "kept")),
    Item("B-20", "title_words", "where words begin for PCase, when one has an apostrophe or begins with a digit: as "
         ".NET's ToTitleCase does it, or as the function page describes it", ("dotnet", "described")),
    Item("B-21", "several_values", "several values where one text is expected"),
    Item("B-22", "cut_pair", "a character outside Unicode's first plane, cut in half"),
    Item("B-23", "letter_case", "letters whose case differs between versions of .NET: mapped one to one, or left alone",
         ("simple",), "simple"),
    Item("B-24", "date_form", "a date in a form, or a format of dates, that is not understood here"),
    Item("B-25", "pattern", "a regular expression that cannot be evaluated here: too slow, or .NET's alone"),
    Item("random", "random", "the value is random; only its shape could be checked"),
    Item("now", "now", "the value depends on the time of the cycle"),
    Item("internal", "internal", "an internal function of the service, whose rule is not published"),
    Item("binary", "binary", "bytes, whose form as a text is not documented"),
    Item("target", "target", "the value depends on what exists in the target"),
    Item("roles", "roles", "the value is made of app role assignments, in a form that is not published"),
    Item("spelling", "spelling", "an attribute is there under another letter case only"),
    Item("reference", "reference", "a value that is an object"),
    Item("length", "length", "a text of more than a million characters, longer than texts are evaluated here"),
)  # fmt: skip
BY_ID: Mapping[str, Item] = MappingProxyType({item.id: item for item in ITEMS})
_BY_WORD = {word: item for item in ITEMS for word in (item.id, item.name)}


@dataclass(frozen=True, slots=True)
class Semantics:
    """How each item is read: what a policy settled, and the table's defaults for the rest."""

    settled: Mapping[str, str]

    def reading(self, id_: str) -> str:
        """The reading of an item, ``open`` when nobody has decided."""
        return self.settled.get(id_) or BY_ID[id_].default

    def assumes(self, id_: str) -> bool:
        """Whether the reading is the table's, not a policy's."""
        return id_ not in self.settled


def semantics(given: Mapping[str, str] | None = None) -> Semantics:
    """What a policy settles, by the item's id or name: ``{"null_argument": "propagate", "B-07": "open"}``.

    :raises XtcheckError: there is no such item or reading.
    """
    if not given:
        return DEFAULT
    settled: dict[str, str] = {}
    for word, reading in given.items():
        item = _BY_WORD.get(word)
        if item is None:
            raise XtcheckError(
                f"semantics: unknown item {word!r}; {choices(word, (i.name for i in ITEMS if i.readings))}"
            )
        if reading not in (*item.readings, OPEN):
            hint = choices(reading, (*item.readings, OPEN))
            raise XtcheckError(f"semantics: {reading!r} is no reading of {item.name} ({item.id}); {hint}")
        settled[item.id] = reading
    return Semantics(settled)


DEFAULT = Semantics({})
