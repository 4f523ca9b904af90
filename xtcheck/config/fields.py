"""The entries of one mapping of config.yml: each key is known, taken once, and read by its form."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from xtcheck.connection import Secret
from xtcheck.errors import Mark, Mistake, choices
from xtcheck.nodes import Mapping, Node, Scalar, described, mapping, scalar

ALIAS = re.compile(r"[a-z0-9][a-z0-9-]*")
ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

SERVICES = (
    "login", "graph", "sso-admin", "identitystore", "organizations", "sts", "account-access", "cloudtrail",
    "scim", "portal",
)  # fmt: skip
"""Whose URLs ``endpoints`` may replace."""


def environment(name: str, mark: Mark) -> tuple[str, bool]:
    """The text of ``${env.NAME}`` or ``${env.NAME:-default}``; it is shown by its name.

    :raises Mistake: another variable, or one that is not set and has no default.
    """
    owner, _, rest = name.partition(".")
    variable, has_default, default = rest.partition(":-")
    if owner != "env" or not ENV.fullmatch(variable):
        raise Mistake(
            mark, f"there is no variable ${{{name}}} in config.yml", "only ${env.NAME} and ${env.NAME:-default}"
        )
    value = os.environ.get(variable) or default
    if not value and not has_default:
        raise Mistake(mark, f"the environment variable {variable} is not set", "set it, or write ${env.NAME:-default}")
    return value, True


class Fields:
    """One mapping with known keys. An unknown key is a mistake, but the others are read all the same."""

    def __init__(self, node: Node, what: str, known: Iterable[str], mistakes: list[Mistake]) -> None:
        self.node: Mapping = mapping(node, what)
        self.what = what
        known = tuple(known)
        for key, _ in self.node.entries:
            if key.text not in known:
                mistakes.append(Mistake(key.mark, f"unknown key {key.text!r} in {what}", choices(key.text, known)))
        self.mistakes = mistakes

    def get(self, key: str) -> Node | None:
        """The node of a key that may lack."""
        return self.node.get(key)

    def need(self, key: str) -> Node:
        """The node of a key that must not lack."""
        found = self.node.get(key)
        if found is None:
            raise Mistake(self.node.mark, f"{self.what} needs {key}", f"write {key}: …")
        return found

    def word(self, key: str) -> Scalar:
        """The value of a key that must not lack or be empty."""
        found = scalar(self.need(key), key)
        if not found.text.strip():
            raise Mistake(found.mark, f"{key} of {self.what} is empty", "write its value")
        return found

    def text(self, key: str, default: str) -> str:
        """The text of a key that may lack."""
        return self.word(key).text if self.get(key) else default

    def one_of(self, key: str, words: Iterable[str], default: str = "") -> str:
        """One of some words; without a default it must not lack."""
        if default and not self.get(key):
            return default
        word, valid = self.word(key), tuple(words)
        if word.text not in valid:
            raise Mistake(word.mark, f"{word.shown!r} is no {key}", choices(word.text, valid))
        return word.text

    def file(self, key: str, folder: Path) -> str:
        """The absolute path of a file that exists, or empty when the key lacks."""
        if not self.get(key):
            return ""
        word = self.word(key)
        path = (folder / word.text).resolve()
        if not path.is_file():
            raise Mistake(word.mark, f"there is no file {word.shown!r}", "paths are relative to this file")
        return str(path)

    def secret(self, key: str) -> Secret | None:
        """A secret by the name of its environment variable; its value never stands in config.yml."""
        node = self.get(key)
        if node is None:
            return None
        if not isinstance(node, Mapping):
            raise Mistake(
                node.mark, f"{key} stands in config.yml itself", f"write {key}: {{env: NAME}} and set that variable"
            )
        name = Fields(node, key, ("env",), self.mistakes).word("env")
        if not ENV.fullmatch(name.text):
            raise Mistake(
                name.mark, "this is no name of an environment variable", "letters, digits and _, not the secret"
            )
        return Secret(env=name.text)

    def endpoints(self) -> dict[str, str]:
        """The URLs that replace the services' own."""
        node = self.get("endpoints")
        if node is None:
            return {}
        inner = Fields(node, "endpoints", SERVICES, self.mistakes)
        return {key.text: url(scalar(value, "a URL")) for key, value in inner.node.entries}

    def aliases(self, key: str) -> list[tuple[Scalar, Node]]:
        """The entries below a key whose keys are aliases; at least one."""
        entries = mapping(self.need(key), key).entries
        if not entries:
            raise Mistake(self.need(key).mark, f"{key} declares nothing", "declare at least one, by an alias")
        for alias, _ in entries:
            if not ALIAS.fullmatch(alias.text) or alias.text.startswith("aws-") or "--" in alias.text:
                hint = "small letters, digits and single hyphens, not beginning with aws-"
                self.mistakes.append(Mistake(alias.mark, f"{alias.text!r} is no alias", hint))
        return list(entries)


def url(word: Scalar) -> str:
    """An https URL.

    :raises Mistake: it is none, or it carries credentials.
    """
    try:
        parts = urlsplit(word.text)
        fine = parts.scheme == "https" and bool(parts.hostname) and not parts.username
        _ = parts.port
    except ValueError:
        fine = False
    if not fine:
        raise Mistake(word.mark, f"{described(word)} is no https URL", "write https://host[:port][/path]")
    return word.text.rstrip("/")
