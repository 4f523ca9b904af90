"""Where evidence comes from: how a kind of object is asked for, whichever service has it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Json = Any


@dataclass(frozen=True, slots=True)
class Get:
    """One Graph document. ``{key}`` and ``{kind.field}`` in the URL are the object's key and its ancestors' fields."""

    url: str
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class List:
    """All items of a Graph collection, over all pages."""

    url: str


@dataclass(frozen=True, slots=True)
class Call:
    """One AWS operation, by boto3's names; ``result`` is the part of the output that is meant, a list when ``many``.

    Not ``many``, but with MaxResults among the parameters: that one page of a list, which is never a whole collection.
    """

    service: str
    operation: str
    parameters: Mapping[str, str]
    result: str
    many: bool = False
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Fetch:
    """A public document of the web, read without any credential; its text is the document."""

    url: str


@dataclass(frozen=True, slots=True)
class Columns:
    """All items of a Graph collection that may be very large: the document is a :class:`xtcheck.tables.Table`.

    ``fields`` says from the document of the parent (None without one) which properties are wanted, without the ``id``,
    which always is; None when nothing need be read, and then the document is None. ``witness`` are properties that
    every item has, so that a caller who may not see them is found out: a Graph that shows somebody less than was asked
    for says null. All that is wanted of one collection is read at once.
    """

    url: str
    fields: Callable[[Json], Iterable[str] | None]
    witness: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Each:
    """One request for every item of the parent's collection; the document is the list of all results, joined.

    ``{item}`` stands for an item that is a text, ``{item.field}`` for a field of one that is an object; ``where``
    (``field=value``) leaves items out. The result is complete only when every request was; an item of which the service
    documents that there is nothing was gone meanwhile, unless the result is ``sparse``: then it has none for that
    item. ``mark`` is a field of the parent's items (``principalId``), or ``item`` where these are texts, that every
    result bears as ``@of``, so that it is known whose it is; a result that is a text then stands beside it as ``@``.
    Such results are pairs, and another kind below may walk them with ``{item.@of}`` and ``{item.@}``. Of several tables
    the result is :class:`xtcheck.tables.Joined`, which always says whose an item is.
    """

    call: Call | Get | List | Columns
    where: str = ""
    mark: str = ""
    sparse: bool = False
    of: Callable[[Json], list[Json]] | None = None
    """The items, made of a parent's document that is not the list of them."""


Source = Get | List | Call | Fetch | Each | Columns
