"""How one value of config.yml reads: from a node to a word, an address, a path, a secret; messages repeat no secret."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from xtcheck import nodes
from xtcheck.connection import Secret
from xtcheck.errors import Mistake, choices
from xtcheck.nodes import Node, Scalar

Word = TypeVar("Word", bound=str)

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RELATIVE = "paths are relative to this file"


def value(node: Node) -> Scalar:
    """One value that says something.

    :raises Mistake: a list, a mapping, or nothing.
    """
    if not isinstance(node, Scalar):
        raise Mistake(node.mark, f"one value was expected, not {nodes.described(node)}", "write one value")
    if not node.text.strip() or (node.plain and node.text in ("~", "null")):
        raise Mistake(node.mark, "the value is empty", "write one")
    return node


def text(node: Node) -> str:
    """Any text."""
    return value(node).text


def pattern(shape: re.Pattern[str], what: str, hint: str) -> Callable[[Node], str]:
    """A text of a shape; ``what`` says what it is not otherwise."""

    def read(node: Node) -> str:
        word = value(node)
        if not shape.fullmatch(word.text):
            raise Mistake(word.mark, f"{word.shown!r} is no {what}", hint)
        return word.text

    return read


def one_of(words: Sequence[Word], what: str) -> Callable[[Node], Word]:
    """One of some words; ``what`` says what another word is not."""

    def read(node: Node) -> Word:
        word = value(node)
        for valid in words:
            if valid == word.text:
                return valid
        raise Mistake(word.mark, f"{word.shown!r} is no {what}", choices(word.text, words))

    return read


def client_id(node: Node) -> str:
    """An application's client id. What else stands there may be a secret."""
    word = value(node)
    if not GUID.fullmatch(word.text):
        raise Mistake(word.mark, "this is no client id", "write the Application (client) ID, a GUID")
    return word.text.lower()


def url(node: Node) -> str:
    """An https URL, without a slash at its end. What is none may carry a password."""
    word = value(node)
    try:
        parts = urlsplit(word.text)
        _ = parts.port
    except ValueError as error:
        raise Mistake(word.mark, "this is no URL", "write https://host[:port][/path]") from error
    if "@" in parts.netloc:
        raise Mistake(word.mark, "the URL carries credentials", "write https://host[:port][/path]")
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or re.search(r"\s", word.text):
        raise Mistake(word.mark, "this is no https URL", "write https://host[:port][/path]")
    return word.text.rstrip("/")


def located(node: Node, folder: Path) -> Path:
    """An absolute path, from one that is relative to a folder."""
    word = value(node)
    try:
        return (folder / word.text).resolve()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a loop of links, a NUL
        raise Mistake(word.mark, "this is no path", RELATIVE) from error


def file_in(folder: Path) -> Callable[[Node], str]:
    """The absolute path of a file that exists."""

    def read(node: Node) -> str:
        path = located(node, folder)
        try:
            exists = path.is_file()
        except OSError:  # a folder on the way is closed to us, or the name is too long
            exists = False
        if not exists:
            raise Mistake(node.mark, f"there is no file {value(node).shown!r}", RELATIVE)
        return str(path)

    return read


def path_in(folder: Path) -> Callable[[Node], str]:
    """An absolute path whose file may come to exist later: whoever issues a token writes it when it is due."""
    return lambda node: str(located(node, folder))


def secret(node: Node) -> Secret:
    """A secret by the name of its environment variable, which need not be set yet."""
    hint = "write {env: NAME} and put the secret into that variable"
    match node:
        case Scalar():
            if found := re.fullmatch(r"\$\{env\.(\w+)[^}]*\}", node.shown):
                hint = f"write {{env: {found[1]}}}"
            raise Mistake(node.mark, "a secret cannot stand in config.yml itself", hint)
        case nodes.Mapping(entries=((Scalar(text="env"), Scalar() as name),)):
            if name.text != name.shown or not ENV.fullmatch(name.text):
                raise Mistake(
                    name.mark, "this is no name of an environment variable", "letters, digits and _, not the secret"
                )
            return Secret(env=name.text)
        case _:
            raise Mistake(node.mark, "a secret is named by {env: NAME} and nothing else", hint)


def items(node: Node) -> tuple[Node, ...]:
    """The nodes of a list."""
    if not isinstance(node, nodes.Sequence):
        what = "one value" if isinstance(node, Scalar) else nodes.described(node)
        raise Mistake(node.mark, f"a list was expected, not {what}", "write a list: [a, b]")
    return node.items


def json_items(node: Node) -> tuple[nodes.Json, ...]:
    """The nodes of a list as plain JSON."""
    return tuple(nodes.plain_json(item) for item in items(node))
