"""The tree of a mapping expression, and the text that the portal shows for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of the source object: ``[displayName]``."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A text: ``"true"``."""

    text: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number without quotes, as it was written: ``8``, ``-10``, ``&HF7``. Graph keeps it as a text."""

    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """One of the language's few bare words: ``vbTextCompare``."""

    name: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``[a] = "b"``, which may stand only where a condition is asked for."""

    left: Node
    operator: str
    right: Node


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments; None is one that was left out."""

    function: str
    arguments: tuple[Node | None, ...]


Node = Attribute | Constant | Number | Word | Comparison | Call


def quoted(text: str) -> str:
    """A text as a string of the language: the backslash escapes itself and the quotation mark."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def printed(node: Node) -> str:
    """The text that parses back to an equal tree."""
    match node:
        case Attribute(name):
            return f"[{name}]"
        case Constant(text):
            return quoted(text)
        case Number(text):
            return text
        case Word(name):
            return name
        case Comparison(left, operator, right):
            return f"{printed(left)} {operator} {printed(right)}"
        case Call(function, arguments):
            inner = ", ".join("" if argument is None else printed(argument) for argument in arguments)
            return f"{function}({inner})"
        case _:
            assert_never(node)


def children(node: Node) -> tuple[Node, ...]:
    """What stands directly in a node."""
    match node:
        case Comparison(left, _, right):
            return (left, right)
        case Call(_, arguments):
            return tuple(argument for argument in arguments if argument is not None)
        case _:
            return ()


def walk(node: Node) -> Iterator[Node]:
    """The node and everything in it, from the left to the right."""
    yield node
    for child in children(node):
        yield from walk(child)
