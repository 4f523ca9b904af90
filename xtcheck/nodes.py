"""A YAML document as nodes that keep their source text and their place, so that every mistake has a line.

Scalars stay text until the row's type reads them: ``on``, ``NO``, ``001234567012`` and GUIDs mean what was written,
whatever YAML 1.1 would have made of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Any, assert_never

from xtcheck.errors import Mark, Mistake

if TYPE_CHECKING:
    from pathlib import Path

    import yaml

Json = Any

DEPTH = 50
"""How deep a document may nest; a policy needs eight."""

VALUES = 200_000
"""How many values a document may hold, those that anchors repeat counted each time."""

TAGS = frozenset(f"tag:yaml.org,2002:{name}" for name in (
    "str", "int", "float", "bool", "null", "timestamp", "merge", "value", "seq", "map"))  # fmt: skip
"""What YAML gives to values without a tag. Any other was written, and asks for what we do not do."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value, as text. ``plain`` tells ``null`` from ``"null"``; ``shown`` is the text that may be printed."""

    mark: Mark
    text: str
    plain: bool
    shown: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    mark: Mark
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Entries in their order; keys are scalars and stand once each."""

    mark: Mark
    entries: tuple[tuple[Scalar, Node], ...]

    def get(self, key: str) -> Node | None:
        """The value under a key, or None when the key is not there."""
        return next((value for name, value in self.entries if name.text == key), None)

    def keys(self) -> list[str]:
        """The keys in their order."""
        return [name.text for name, _ in self.entries]


Node = Scalar | Sequence | Mapping

VARIABLE = re.compile(r"\$\{([^{}]*)\}")


def load(path: Path, shown: str) -> list[Node]:
    """All documents of a YAML file; empty ones are left out.

    :param shown: the file's name as messages give it.
    :raises Mistake: unreadable, not YAML, not UTF-8, duplicate keys, anchors, tags.
    """
    top = Mark(shown, 1, 1)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Mistake(top, "the file is not UTF-8", "save it as UTF-8") from error
    except OSError as error:
        raise Mistake(
            top, f"cannot read the file: {error.strerror or error}", "check the path and its permissions"
        ) from error
    return parse(text, shown)


def parse(text: str, shown: str) -> list[Node]:
    """All documents of a YAML text; see :func:`load`."""
    import yaml  # 28 ms that --help need not pay

    loader_class = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    loader = loader_class(text)
    documents = []
    try:
        _bound(yaml.parse(text, Loader=loader_class), shown)
        while loader.check_node():
            node: Any = loader.get_node()
            # The style of a plain scalar is None or, in the C loader, empty.
            if not (isinstance(node, yaml.ScalarNode) and not node.value and not node.style):
                documents.append(_node(node, shown, 0))
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, shown) from error
    except yaml.YAMLError as error:
        raise Mistake(Mark(shown, 1, 1), f"not YAML: {' '.join(str(error).split())}", "mend the file") from error
    finally:
        loader.dispose()
    return documents


def _bound(events: Iterable[Any], shown: str) -> None:
    """Refuse what nests too deep or what anchors multiply before it is composed.

    The C loader recurses, and would end the process; and nobody waits for the values of an anchor bomb.
    """
    import yaml

    anchored: dict[str, int] = {}
    open_: list[list[Any]] = [
        ["", 0]
    ]  # of each collection that is not closed: its anchor, and how many values it holds
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            open_[-1][1] += anchored.get(str(event.anchor), 1)
        elif isinstance(event, yaml.ScalarEvent):
            anchored[str(event.anchor)] = 1
            open_[-1][1] += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            open_.append([event.anchor, 1])
            if len(open_) > DEPTH + 1:
                raise _too_deep(_mark(event, shown))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, size = open_.pop()
            anchored[str(anchor)] = size
            open_[-1][1] += size
        if open_[-1][1] > VALUES:
            text = f"the document holds more than {VALUES} values"
            raise Mistake(_mark(event, shown), text, "split it (anchors that multiply?)")


def _mark(thing: Any, shown: str) -> Mark:
    return Mark(shown, thing.start_mark.line + 1, thing.start_mark.column + 1)


def _too_deep(mark: Mark) -> Mistake:
    hint = "flatten it (an anchor that contains itself?)"
    return Mistake(mark, f"the document nests deeper than {DEPTH} levels", hint)


def _syntax(error: yaml.MarkedYAMLError, shown: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    at = Mark(shown, mark.line + 1, mark.column + 1) if mark else Mark(shown, 1, 1)
    hint = "mend the YAML syntax"
    if error.problem and "cannot start any token" in error.problem:
        hint = "indent with blanks and quote values that begin with a special character"
    if error.problem and "expected ',' or" in error.problem:
        hint = "close the bracket, or quote a value in it that holds ${…}"
    return Mistake(at, f"not YAML: {error.problem or error.context}", hint)


def _node(node: yaml.Node, shown: str, depth: int) -> Node:
    import yaml

    mark = _mark(node, shown)
    if depth > DEPTH:
        raise _too_deep(mark)
    if node.tag not in TAGS:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        raise Mistake(mark, f"the tag {tag!r} has no meaning here", "remove it")
    if isinstance(node, yaml.ScalarNode):
        return Scalar(mark, node.value, plain=not node.style, shown=node.value)
    if isinstance(node, yaml.SequenceNode):
        return Sequence(mark, tuple(_node(item, shown, depth + 1) for item in node.value))
    seen: dict[str, Mark] = {}
    entries = []
    for key, value in node.value:
        name = _node(key, shown, depth + 1)
        if not isinstance(name, Scalar):
            raise Mistake(name.mark, "a key must be a single word or text", "write key: value")
        if name.text == "<<" and name.plain:
            raise Mistake(name.mark, "merge keys are not supported", "write the entries out")
        if name.text in seen:
            raise Mistake(
                name.mark, f"the key {name.text!r} stands twice (first at line {seen[name.text].line})", "keep one"
            )
        seen[name.text] = name.mark
        entries.append((name, _node(value, shown, depth + 1)))
    return Mapping(mark, tuple(entries))


def substitute(node: Node, value_of: Callable[[str, Mark], tuple[str, bool]]) -> Node:
    """The node with each ``${name}`` in its values replaced.

    :param value_of: gives the text of a variable and whether it is secret (then ``shown`` keeps the variable's name);
        raises :class:`Mistake` for a name that does not exist.
    """
    match node:
        case Scalar():
            return _substituted(node, value_of)
        case Sequence():
            return replace(node, items=tuple(substitute(item, value_of) for item in node.items))
        case Mapping():
            return replace(
                node,
                entries=tuple(
                    (_substituted(key, value_of), substitute(value, value_of)) for key, value in node.entries
                ),
            )
        case _:
            assert_never(node)


def _substituted(node: Scalar, value_of: Callable[[str, Mark], tuple[str, bool]]) -> Scalar:
    if "${" not in node.text:
        return node
    shown = VARIABLE.sub(lambda found: _shown(found, value_of, node.mark), node.text)
    text = VARIABLE.sub(lambda found: value_of(found[1], node.mark)[0], node.text)
    return replace(node, text=text, shown=shown, plain=False)


def _shown(found: re.Match[str], value_of: Callable[[str, Mark], tuple[str, bool]], mark: Mark) -> str:
    text, secret = value_of(found[1], mark)
    return found[0] if secret else text


def variables(node: Node) -> Iterator[str]:
    """The names of all variables that the node mentions."""
    match node:
        case Scalar():
            yield from VARIABLE.findall(node.text)
        case Sequence():
            for item in node.items:
                yield from variables(item)
        case Mapping():
            for key, value in node.entries:
                yield from variables(key)
                yield from variables(value)
        case _:
            assert_never(node)


def scalar(node: Node, what: str) -> Scalar:
    """The node, when it is one value; else a mistake that says ``what`` was wanted. Null is no value."""
    if isinstance(node, Scalar):
        if node.plain and node.text in ("null", "~"):
            raise Mistake(node.mark, f"{what} was expected, not {node.text}", "quote it if it is meant as a text")
        return node
    raise Mistake(node.mark, f"{what} was expected, not {described(node)}", "write one value")


def sequence(node: Node, what: str) -> Sequence:
    """The node, when it is a list; else a mistake."""
    if isinstance(node, Sequence):
        return node
    raise Mistake(node.mark, f"{what} was expected, not {described(node)}", "write a list: [a, b]")


def mapping(node: Node, what: str) -> Mapping:
    """The node, when it is a mapping; else a mistake."""
    if isinstance(node, Mapping):
        return node
    raise Mistake(node.mark, f"{what} was expected, not {described(node)}", "write key: value lines")


def described(node: Node) -> str:
    """What a node is, in a few words, for a message."""
    match node:
        case Scalar():
            return repr(node.shown) if node.text else "nothing"
        case Sequence():
            return "a list"
        case Mapping():
            return "a mapping"
        case _:
            assert_never(node)


def plain_json(node: Node) -> Json:
    """The node as JSON: plain scalars by YAML 1.2's core schema, quoted ones as texts."""
    match node:
        case Scalar():
            return _plain(node)
        case Sequence():
            return [plain_json(item) for item in node.items]
        case Mapping():
            return {key.text: plain_json(value) for key, value in node.entries}
        case _:
            assert_never(node)


# YAML 1.2 core schema; more digits than Python reads as a number stay text.
_INTEGER = re.compile(r"[-+]?[0-9]{1,4000}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def _plain(node: Scalar) -> Json:
    if not node.plain:
        return node.text
    match node.text:
        case "null" | "~" | "":
            return None
        case "true" | "false":
            return node.text == "true"
    if _INTEGER.fullmatch(node.text):
        return int(node.text)
    if _FLOAT.fullmatch(node.text) and isfinite(float(node.text)):
        return float(node.text)
    return node.text
