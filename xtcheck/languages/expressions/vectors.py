"""The vectorised form of the functions for which that pays, and the rows on which it is certain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import polars as pl

from xtcheck.languages.expressions.lengths import LONGEST
from xtcheck.languages.expressions.numbers import number
from xtcheck.languages.expressions.register import OPEN, Semantics
from xtcheck.languages.expressions.tree import Attribute, Call, Comparison, Constant, Node, Number


class Vector(NamedTuple):
    """The texts (null: no value), and where they are certain (None: everywhere); ``full``: no certain one is null."""

    text: pl.Expr
    plain: pl.Expr | None
    full: bool = False


class Setting(NamedTuple):
    """What the parts of an expression are vectorised with; ``computed`` evaluates a part row by row into a column."""

    table: pl.DataFrame
    semantics: Semantics
    computed: Callable[[Node], Vector]


def vector(node: Node, table: pl.DataFrame, semantics: Semantics, computed: Callable[[Node], Vector]) -> Vector | None:
    """The vector of a tree, or None when its outermost function has none."""
    return _vector(node, Setting(table, semantics, computed))


def _vector(node: Node, setting: Setting) -> Vector | None:
    match node:
        case Attribute(name):
            return _attribute(setting.table[name])
        case Constant(text) | Number(text):
            return Vector(pl.lit(text, dtype=pl.String), None, full=True)
        case Call(function) if function in _FUNCTIONS:
            return _FUNCTIONS[function](node, setting)
    return None


def _inner(node: Node | None, setting: Setting) -> Vector:
    """The vector of an argument, computed row by row where its function has none."""
    assert node is not None  # noqa: S101  # only required arguments are asked for
    found = _vector(node, setting)
    return setting.computed(node) if found is None else found


def _attribute(values: pl.Series) -> Vector | None:
    column, full = pl.col(values.name), not values.null_count()
    match values.dtype:
        case pl.String():
            return Vector(column, None, full)
        case pl.Boolean():
            word = pl.when(column).then(pl.lit("True")).otherwise(pl.lit("False"))
            return Vector(pl.when(column.is_not_null()).then(word), None, full)
        case pl.Categorical() | pl.Enum():
            return Vector(column.cast(pl.String), None, full)
        case type_ if type_.is_integer():
            return Vector(column.cast(pl.String), None, full)
    return None


def _constant(node: Node | None) -> str | None:
    """The text of a constant argument."""
    return node.text if isinstance(node, Constant | Number) else None


def _whole(node: Node | None) -> int | None:
    """The value of a constant whole number."""
    text = _constant(node)
    found = None if text is None else number(text)
    return int(found) if found is not None and found == int(found) and abs(found) < 2**31 else None


def _all(*conditions: pl.Expr | None) -> pl.Expr | None:
    """Where all hold; None stands for everywhere."""
    given = [condition for condition in conditions if condition is not None]
    if not given:
        return None
    first, *others = given
    for other in others:
        first &= other
    return first


def _present(*vectors: Vector) -> pl.Expr | None:
    """Where all are certain and have a value."""
    values = [None if vector.full else vector.text.is_not_null() for vector in vectors]
    return _all(*(vector.plain for vector in vectors), *values)


def _ascii(text: pl.Expr) -> pl.Expr:
    return text.str.len_bytes() == text.str.len_chars()


def _short(text: pl.Expr) -> pl.Expr:
    """Where a text is surely not too long: it has at least as many bytes as characters."""
    return text.str.len_bytes() <= LONGEST


def _append(call: Call, setting: Setting) -> Vector:
    source, suffix = (_inner(argument, setting) for argument in call.arguments)
    text = source.text + suffix.text
    return Vector(text, _all(_present(source, suffix), _short(text)), full=True)


def _join(call: Call, setting: Setting) -> Vector | None:
    separator, *sources = call.arguments
    between = _constant(separator)
    if between is None or setting.semantics.reading("B-07") != "skipped":
        return None
    vectors = [_inner(source, setting) for source in sources]
    texts = [pl.when(vector.text != "").then(vector.text) for vector in vectors]
    joined = pl.concat_str(texts, separator=between, ignore_nulls=True)
    return Vector(joined, _all(*(vector.plain for vector in vectors), _short(joined)), full=True)


def _switch(call: Call, setting: Setting) -> Vector | None:
    source, default, *pairs = call.arguments
    keys = [_constant(key) for key in pairs[::2]]
    if None in keys:
        return None
    read = _inner(source, setting)
    key = read.text.fill_null("")
    values = [_inner(value, setting) for value in pairs[1::2]]
    other = _inner(default, setting) if default is not None else None
    if other is None and setting.semantics.reading("B-14") == OPEN:
        return None
    text = other.text if other else pl.lit(None, dtype=pl.String)
    plain = (other.plain if other else None, *(value.plain for value in values))
    certain = pl.lit(value=True) if other is None or other.plain is None else other.plain
    # The first key that matches wins, so the chain is built from its end.
    for word, value in zip(reversed(keys), reversed(values), strict=True):
        text = pl.when(key == pl.lit(word)).then(value.text).otherwise(text)
        certain = (
            pl.when(key == pl.lit(word))
            .then(pl.lit(value=True) if value.plain is None else value.plain)
            .otherwise(certain)
        )
    return Vector(text, _all(read.plain, certain if any(each is not None for each in plain) else None))


def _lower(call: Call, setting: Setting) -> Vector | None:
    return _cased(call, setting, lambda text: text.str.to_lowercase())


def _upper(call: Call, setting: Setting) -> Vector | None:
    return _cased(call, setting, lambda text: text.str.to_uppercase())


def _cased(call: Call, setting: Setting, change: Callable[[pl.Expr], pl.Expr]) -> Vector | None:
    if len(call.arguments) > 1 and call.arguments[1] is not None:
        return None
    source = _inner(call.arguments[0], setting)
    return Vector(change(source.text), _all(_present(source), _ascii(source.text)), full=True)


def _replace(call: Call, setting: Setting) -> Vector | None:
    """Plain text for plain text."""
    source, old, *rest = call.arguments
    given = [argument for argument in rest if argument is not None]
    find, new = _constant(old), _constant(rest[2]) if len(rest) > 2 else None
    if not find or new is None or len(given) != 1:
        return None
    read = _inner(source, setting)
    # Each letter may be replaced. What might become too long is left to the rows; its place is empty, not null:
    # under a null polars keeps, and replaces, the text.
    short = read.text.str.len_bytes().cast(pl.Int64) * max(len(new), 1) <= LONGEST
    text = pl.when(short).then(read.text).otherwise(pl.lit("")).str.replace_all(find, new, literal=True)
    return Vector(text, _all(_present(read), short), full=True)


def _left(call: Call, setting: Setting) -> Vector | None:
    count = _whole(call.arguments[1])
    if count is None:
        return None
    read = _inner(call.arguments[0], setting)
    text = read.text.fill_null("")
    return Vector(text if count < 0 else text.str.slice(0, count), _all(read.plain, _ascii(text)), full=True)


def _mid(call: Call, setting: Setting) -> Vector | None:
    start, length = _whole(call.arguments[1]), _whole(call.arguments[2]) if len(call.arguments) > 2 else None
    if start is None or length is None or start < 1 or length < 0:
        return None
    read = _inner(call.arguments[0], setting)
    inside = read.text.str.len_chars() >= start
    return Vector(read.text.str.slice(start - 1, length), _all(_present(read), _ascii(read.text), inside), full=True)


def _strip_spaces(call: Call, setting: Setting) -> Vector:
    read = _inner(call.arguments[0], setting)
    return Vector(read.text.str.replace_all(" ", "", literal=True), _present(read), full=True)


def _plain_letters(call: Call, setting: Setting) -> Vector:
    """ASCII has no diacritics."""
    read = _inner(call.arguments[0], setting)
    return Vector(read.text, _all(_present(read), _ascii(read.text)))


def _coalesce(call: Call, setting: Setting) -> Vector:
    vectors = [_inner(argument, setting) for argument in call.arguments]
    certain: pl.Expr = pl.lit(value=True)
    for read in reversed(vectors):
        own = pl.lit(value=True) if read.plain is None else read.plain
        certain = own & (read.text.is_not_null() | certain)
    plain = None if all(read.plain is None for read in vectors) else certain
    return Vector(pl.coalesce([read.text for read in vectors]), plain)


def _same(call: Call, setting: Setting) -> Vector:
    return _inner(call.arguments[0], setting)


def _ignore(call: Call, setting: Setting) -> Vector:
    """Where the value is empty, the flow is ignored: row by row says so."""
    read = _inner(call.arguments[0], setting)
    return Vector(read.text, _all(_present(read), read.text != ""))


def _iif(call: Call, setting: Setting) -> Vector | None:
    """An attribute compared with a text that is no number."""
    condition, *branches = call.arguments
    if not isinstance(condition, Comparison) or condition.operator not in ("=", "<>"):
        return None
    sides = (condition.left, condition.right)
    attribute = next((side for side in sides if isinstance(side, Attribute)), None)
    wanted = next((_constant(side) for side in sides if _constant(side) is not None), None)
    if attribute is None or not wanted or not wanted.isascii() or number(wanted) is not None:
        return None
    read, (if_true, if_false) = _inner(attribute, setting), (_inner(branch, setting) for branch in branches)
    equal = read.text == pl.lit(wanted)
    near = read.text.str.to_lowercase() == pl.lit(wanted.lower())
    holds = equal if condition.operator == "=" else ~equal
    chosen = pl.when(holds).then(if_true.text).otherwise(if_false.text)
    certain = _all(_present(read), read.text != "", _ascii(read.text), equal | ~near)
    yes, no = (pl.lit(value=True) if each.plain is None else each.plain for each in (if_true, if_false))
    branch = None if if_true.plain is None and if_false.plain is None else pl.when(holds).then(yes).otherwise(no)
    return Vector(chosen, _all(certain, branch))


def _presence(holds: Callable[[pl.Expr], pl.Expr]) -> Callable[[Call, Setting], Vector]:
    def found(call: Call, setting: Setting) -> Vector:
        read = _inner(call.arguments[0], setting)
        answer = pl.when(holds(read.text)).then(pl.lit("True")).otherwise(pl.lit("False"))
        return Vector(answer, read.plain)

    return found


def _not(call: Call, setting: Setting) -> Vector:
    """In another letter case than True the answer hangs on B-17."""
    read = _inner(call.arguments[0], setting)
    answer = pl.when(read.text == "True").then(pl.lit("False")).otherwise(pl.lit("True"))
    doubtful = (read.text.str.to_lowercase() == "true") & (read.text != "True")
    return Vector(answer, _all(_present(read), ~doubtful))


_FUNCTIONS: Mapping[str, Callable[[Call, Setting], Vector | None]] = MappingProxyType(
    {
        "Append": _append,
        "Coalesce": _coalesce,
        "CStr": lambda call, setting: _kept(_same(call, setting)),
        "IgnoreFlowIfNullOrEmpty": _ignore,
        "IIF": _iif,
        "IsNull": _presence(lambda text: text.is_null()),
        "IsNullOrEmpty": _presence(lambda text: text.is_null() | (text == "")),
        "IsPresent": _presence(lambda text: text.is_not_null() & (text != "")),
        "Join": _join,
        "Left": _left,
        "Mid": _mid,
        "NormalizeDiacritics": _plain_letters,
        "Not": _not,
        "Redact": _same,
        "Replace": _replace,
        "StripSpaces": _strip_spaces,
        "Switch": _switch,
        "ToLower": _lower,
        "ToUpper": _upper,
    }
)


def _kept(read: Vector) -> Vector:
    return Vector(read.text, _present(read))
