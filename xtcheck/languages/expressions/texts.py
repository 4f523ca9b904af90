"""The functions of texts and of several values.

.NET counts a text in UTF-16 units, and so do positions and lengths here (learn.microsoft.com/dotnet/api/system.string).
"""

from __future__ import annotations

import base64
from array import array
from collections.abc import Callable, Mapping
from types import MappingProxyType

from xtcheck.languages.expressions import letters
from xtcheck.languages.expressions.lengths import bounded, joined
from xtcheck.languages.expressions.run import Run
from xtcheck.languages.expressions.values import Value, error, text_of, undetermined

_PLANE = "\U00010000"


def units(text: str) -> str:
    """A text with one character for each UTF-16 unit."""
    if text.isascii() or max(text) < _PLANE:
        return text
    return "".join(map(chr, array("H", text.encode("utf-16", "surrogatepass")[2:])))


def whole(text: str) -> Value:
    """A text from its UTF-16 units, or undetermined when a pair was cut."""
    if text.isascii() or not any("\ud800" <= glyph <= "\udfff" for glyph in text):
        return text
    try:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return undetermined("B-22")


def _append(_: Run, source: str, suffix: str) -> Value:
    return joined("", [source, suffix])


def _to_base64(_: Run, source: str) -> Value:
    return bounded(base64.b64encode(source.encode("utf-16-le", "surrogatepass")).decode("ascii"))


def _from_base64(_: Run, source: str, encoding: str | None = None) -> Value:
    codec = {"ASCII": "ascii", "UTF8": "utf-8"}.get(encoding or "", "utf-16-le")
    try:
        return base64.b64decode(source, validate=True).decode(codec)
    except ValueError:
        return error("ConvertFromBase64: the text is no Base64 of that encoding")


def _to_hex(_: Run, source: str) -> Value:
    return bounded(source.encode("utf-8", "surrogatepass").hex().upper())


def _instr(run: Run, text: str, part: str, start: int | None = None, compare: str | None = None) -> Value:
    text, part = units(text), units(part)
    begin = 1 if start is None else start
    if begin < 1:
        return error("InStr: the start is before the first character")
    binary = _position(text, part, begin)
    if compare == "vbBinaryCompare":
        return binary
    folded = _position(letters.folded(text), letters.folded(part), begin)
    return folded if compare == "vbTextCompare" else run.choose("B-06", {"binary": binary, "text": folded})


def _position(text: str, part: str, start: int) -> int:
    return text.find(part, start - 1) + 1 if text and start <= len(text) else 0


def _left(_: Run, text: str | None, count: int) -> Value:
    """Documented: null and 0 give the empty text, a negative number the whole."""
    if not text:
        return ""
    return text if count < 0 else whole(units(text)[:count])


def _len(_: Run, text: str | None) -> Value:
    return len(units(text)) if text else 0


def _mid(run: Run, text: str, start: int, length: int | None = None) -> Value:
    text = units(text)
    if start < 1 or (length is not None and length < 0):
        return run.assume("B-08", error("Mid: it begins before the first character, or has a negative length"))
    if start > len(text):
        return run.assume("B-08", "")
    return whole(text[start - 1 :] if length is None else text[start - 1 : start - 1 + length])


def _split(run: Run, source: str, delimiter: str) -> Value:
    if not delimiter:
        return error("Split: the delimiter is empty")
    parts = source.split(delimiter)
    return run.choose("B-10", {"kept": tuple(parts), "trimmed": tuple(part.strip() for part in parts)})


def _strip_spaces(_: Run, source: str) -> Value:
    return source.replace(" ", "")


def _trim(run: Run, value: Value) -> Value:
    """On the Cloud Sync page: also each of several values."""
    if isinstance(value, tuple):
        return tuple(each.strip() for each in value)
    return text_of(value).strip() if isinstance(value, str | int) else run.null()


def _word(run: Run, text: str | None, number: int, delimiters: str) -> Value:
    if text is None or number < 1:
        return ""
    for glyph in dict.fromkeys(delimiters[1:]):
        text = text.replace(glyph, delimiters[0])
    words = text.split(delimiters[0]) if delimiters else [text]
    runs = [word for word in words if word]
    return run.choose("B-11", {"skipped": _nth(runs, number), "counted": _nth(words, number)})


def _nth(words: list[str], number: int) -> str:
    return words[number - 1] if number <= len(words) else ""


def _not(run: Run, source: str) -> Value:
    """Documented: True gives False, anything else True. Other letter case is the register's B-17."""
    exact, folded = source != "True", source.lower() != "true"
    return run.choose("B-17", {"numbers": exact, "text": exact, "ignore-case": folded})


def _cstr(_: Run, value: str) -> Value:
    return value


def _bit_and(_: Run, one: int, other: int) -> Value:
    return one & other


def _count(_: Run, values: tuple[str, ...]) -> Value:
    return len(values)


def _item(_: Run, values: tuple[str, ...], index: int) -> Value:
    """From 1; the Cloud Sync page documents an error beyond the end."""
    if not 1 <= index <= len(values):
        return error(f"Item: there is no value {index} among {len(values)}")
    return values[index - 1]


def _remove_duplicates(run: Run, values: tuple[str, ...]) -> Value:
    exact = tuple(dict.fromkeys(values))
    folded: dict[str, str] = {}
    for value in values:
        folded.setdefault(letters.folded(value), value)
    return run.choose("B-09", {"exact": exact, "ignore-case": tuple(folded.values())})


def _error(_: Run, message: str) -> Value:
    return error(message)


def _dn_component(_: Run, name: str, number: int) -> Value:
    """``DNComponent("cn=Joe,ou=People", 1)`` is Joe (the Cloud Sync page)."""
    parts = name.replace("\\,", "\0").split(",")
    if not 1 <= number <= len(parts) or "=" not in parts[number - 1]:
        return error(f"DNComponent: the name has no component {number}")
    return parts[number - 1].partition("=")[2].replace("\0", ",").strip()


def _domain(run: Run) -> Value:
    """Documented: an error where there is none; which tenant is meant is not (B-04)."""
    source, target = run.context.source_domain, run.context.target_domain
    values: dict[str, Value] = {
        "source": source or undetermined("B-04"),
        "target": target or undetermined("B-04"),
    }
    return run.choose("B-04", values)


def _several(*items: str) -> Callable[..., Value]:
    return lambda *_: undetermined(*items)


def _single_role(_: Run, roles: tuple[str, ...]) -> Value:
    return roles[0] if len(roles) == 1 else undetermined("roles")


BODIES: Mapping[str, Callable[..., Value]] = MappingProxyType(
    {
        "Append": _append,
        "AltSecIdFromNetId": _several("internal"),
        "AppRoleAssignments": _several("internal"),
        "AppRoleAssignmentsComplex": _several("roles"),
        "AssertiveAppRoleAssignmentsComplex": _several("roles"),
        "BitAnd": _bit_and,
        "ConvertFromBase64": _from_base64,
        "ConvertToBase64": _to_base64,
        "ConvertToUTF8Hex": _to_hex,
        "Count": _count,
        "CStr": _cstr,
        "DefaultDomain": _domain,
        "DNComponent": _dn_component,
        "Error": _error,
        "Guid": _several("random"),
        "InStr": _instr,
        "Item": _item,
        "Left": _left,
        "Len": _len,
        "Mid": _mid,
        "NormalizeDiacritics": letters.without_diacritics,
        "Not": _not,
        "PCase": letters.proper,
        "RandomString": _several("random"),
        "RemoveDuplicates": _remove_duplicates,
        "SingleAppRoleAssignment": _single_role,
        "Split": _split,
        "StringFromSid": _several("binary"),
        "StripSpaces": _strip_spaces,
        "ToLower": letters.lower,
        "ToUpper": letters.upper,
        "Trim": _trim,
        "Word": _word,
    }
)
