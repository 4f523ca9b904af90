"""Many users as columns: each property that a rule asks for is found and made ready once, for all rules."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from xtcheck.errors import XtcheckError
from xtcheck.languages.rules.columns import Booleans, Column, Texts
from xtcheck.languages.rules.masks import constant
from xtcheck.languages.rules.properties import ELEMENT, PLAN, Property, Type
from xtcheck.languages.rules.semantics import Semantics

if TYPE_CHECKING:
    import polars as pl

MANAGER = ("manager", "id")


class Elements(NamedTuple):
    """The elements of a collection of all users, one after another."""

    owners: pl.Series
    """For each element the number of its user; ascending."""
    columns: dict[Property, Texts]
    doubts: dict[str, pl.Series]
    """For which users nobody knows the elements, and why."""


class Population:
    """Users of Microsoft Graph as a frame: its columns bear Graph's names, and one is ``id``."""

    def __init__(self, users: pl.DataFrame | pl.LazyFrame) -> None:
        self._users = users.lazy()
        self._names = self._users.collect_schema().names()
        if "id" not in self._names:
            raise XtcheckError("the users have no id")
        self._columns: dict[tuple[Property, bool, bool], Column] = {}
        self._elements: dict[tuple[Property, bool], Elements] = {}

    @cached_property
    def ids(self) -> pl.Series:
        """Who they are, in the order of the frame."""
        import polars as pl

        return self._users.select(pl.col("id").cast(pl.String)).collect().to_series()

    def __len__(self) -> int:
        return len(self.ids)

    def texts(self, property: Property, settled: Semantics) -> Texts:
        """A text of every user, or a date."""
        column = self._column(property, settled)
        if not isinstance(column, Texts):
            raise TypeError(f"{property.name} is no text")
        return column

    def booleans(self, property: Property, settled: Semantics) -> Booleans:
        """A Boolean of every user."""
        column = self._column(property, settled)
        if not isinstance(column, Booleans):
            raise TypeError(f"{property.name} is no Boolean")
        return column

    def manager(self, settled: Semantics) -> Texts:
        """The object id of everybody's manager."""
        found = self._raw("manager", settled)
        inner = _field(found, "id")
        nameless = inner.values.is_null() & found.values.is_not_null()
        return Texts(*_typed(Column(inner.values, _joined(found.doubts, {"malformed": nameless}))))

    def elements(self, property: Property, settled: Semantics) -> Elements:
        """The elements of a collection; null is empty (A-11)."""
        key = (property, settled["unread"] is not None)
        if key not in self._elements:
            self._elements[key] = _flat(property, self._raw(property.path[0], settled), settled)
        return self._elements[key]

    def _column(self, property: Property, settled: Semantics) -> Column:
        key = (property, settled["unread"] is not None, settled["unselected"] is not None)
        if key not in self._columns:
            values, doubts = _typed(self._found(property, settled), boolean=property.type is Type.BOOLEAN)
            self._columns[key] = (Booleans if property.type is Type.BOOLEAN else Texts)(values, doubts)
        return self._columns[key]

    def _found(self, property: Property, settled: Semantics) -> Column:
        match property:
            case Property(is_extension=True, path=(key,)):
                return self._extension(key, settled)
            case Property(first=True, path=(key,)):
                return _first(self._raw(key, settled))
            case Property(path=(outer, key)):
                return _field(self._raw(outer, settled), key)
            case _:
                return self._raw(property.path[0], settled)

    def _extension(self, key: str, settled: Semantics) -> Column:
        """A directory extension, as text whatever it holds (A-13); without a column nobody knows if it was read."""
        import polars as pl

        alike = [name for name in self._names if name.lower() == key.lower()]
        if not alike:
            unknown = {} if settled["unselected"] else {"unselected": constant(len(self), value=True)}
            return Column(pl.Series([None] * len(self), dtype=pl.String), unknown)
        found = _as_text(self._read(alike[0]))
        if key in alike and key != alike[0]:
            exact = _as_text(self._read(key))
            wider = exact.dtype if found.dtype == pl.Null else found.dtype
            found = exact.cast(wider).zip_with(exact.is_not_null(), found.cast(wider))
        return Column(found, {})

    def _raw(self, name: str, settled: Semantics) -> Column:
        """A column of the frame. One that is not there was not selected."""
        import polars as pl

        if name in self._names:
            return Column(self._read(name), {})
        nothing = pl.Series([None] * len(self), dtype=pl.Null)
        unread = settled["unread"] is None
        return Column(nothing, {"unread": constant(len(self), value=True)} if unread else {})

    def _read(self, name: str) -> pl.Series:
        import polars as pl

        frame = self._users.select(pl.col("id").cast(pl.String).alias("\0id"), pl.col(name)).collect()
        if not frame["\0id"].equals(self.ids):
            raise XtcheckError("the users come in another order each time they are read")
        return frame[name]


def _as_text(values: pl.Series) -> pl.Series:
    import polars as pl

    if values.dtype == pl.Boolean or values.dtype.is_integer():
        return values.cast(pl.String)
    return values


def _typed(column: Column, *, boolean: bool = False) -> tuple[pl.Series, dict[str, pl.Series]]:
    """Texts or Booleans: an empty text is null, for Entra ID stores none (A-17); anything else is malformed."""
    import polars as pl

    values, wanted = column.values, pl.Boolean if boolean else pl.String
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if values.dtype == pl.String:
        values = values.set(values == "", None)
    if values.dtype == wanted:
        return values, column.doubts
    malformed = values.is_not_null()
    return pl.Series([None] * len(values), dtype=wanted), _joined(column.doubts, {"malformed": malformed})


def _joined(known: dict[str, pl.Series], more: dict[str, pl.Series]) -> dict[str, pl.Series]:
    found = dict(known)
    for item, mask in more.items():
        if mask.any():
            found[item] = found[item] | mask if item in found else mask
    return found


def _field(column: Column, key: str) -> Column:
    """What a column of objects holds under a key."""
    import polars as pl

    values = column.values
    if isinstance(values.dtype, pl.Struct):
        named = any(field.name == key for field in values.dtype.fields)
        return Column(values.struct.field(key) if named else _nothing(values), column.doubts)
    return Column(_nothing(values), _joined(column.doubts, {"malformed": values.is_not_null()}))


def _first(column: Column) -> Column:
    """The only number of a collection that holds at most one."""
    import polars as pl

    values = column.values
    if isinstance(values.dtype, pl.List):
        return Column(values.list.get(0, null_on_oob=True), column.doubts)
    return Column(_nothing(values), _joined(column.doubts, {"malformed": values.is_not_null()}))


def _nothing(like: pl.Series) -> pl.Series:
    import polars as pl

    return pl.Series([None] * len(like), dtype=pl.Null)


def _flat(property: Property, column: Column, settled: Semantics) -> Elements:
    import polars as pl

    values, doubts = column.values, column.doubts
    if not isinstance(values.dtype, pl.List):
        doubts = _joined(doubts, {"malformed": values.is_not_null()})
        values = pl.Series([None] * len(values), dtype=pl.List(pl.String))
    owners = pl.int_range(len(values), dtype=pl.UInt32, eager=True)
    flat = (
        pl.DataFrame({"owner": owners, "element": values}).filter(pl.col("element").list.len() > 0).explode("element")
    )
    elements = flat["element"]
    if property.type is Type.STRINGS:
        return Elements(flat["owner"], {ELEMENT: Texts(*_typed(Column(elements, {})))}, doubts)
    return Elements(flat["owner"], {each: _of_plans(elements, each.path[0], settled) for each in PLAN}, doubts)


def _of_plans(elements: pl.Series, key: str, settled: Semantics) -> Texts:
    import polars as pl

    struct = elements.dtype if isinstance(elements.dtype, pl.Struct) else None
    malformed = elements.is_null() if struct is not None else constant(len(elements), value=True)
    if struct is not None and not any(field.name == key for field in struct.fields):
        nothing = pl.Series([None] * len(elements), dtype=pl.String)
        unread = {"unread": ~malformed} if settled["unread"] is None else {}
        return Texts(nothing, _joined(unread, {"malformed": malformed}))
    field = Column(elements if struct is None else elements.struct.field(key), {})
    values, doubts = _typed(Column(_nothing(elements) if struct is None else field.values, {}))
    return Texts(values, _joined(doubts, {"malformed": malformed}))
