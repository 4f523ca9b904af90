"""The entries of one mapping of config.yml: each key is known, and its mistakes do not hide those of the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from xtcheck.config import forms
from xtcheck.errors import Mistake, choices, collecting
from xtcheck.nodes import Mapping, Node, Scalar, described

Value = TypeVar("Value")
Other = TypeVar("Other")

ALIAS = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
"""Narrower than what policies accept: two hyphens join the ends of a link in node ids."""
RESERVED = ("each-source", "each-target")
"""What policies say in an alias's place."""


class Fields:
    """One mapping with known keys; the mistakes of its values go to ``mistakes``, and reading goes on.

    :raises Mistake: the node is no mapping.
    """

    def __init__(self, node: Node, what: str, known: Iterable[str], mistakes: list[Mistake]) -> None:
        self.node, self.what, self.mistakes = _mapping(node, what), what, mistakes
        valid = tuple(known)
        for key, _ in self.node.entries:
            if key.text not in valid:
                mistakes.append(Mistake(key.mark, f"unknown key {key.text!r} in {what}", choices(key.text, valid)))

    def __contains__(self, key: str) -> bool:
        return self.node.get(key) is not None

    def read(self, key: str, form: Callable[[Node], Value], otherwise: Other) -> Value | Other:
        """The value of a key by its form; ``otherwise`` when the key is not there or is mistaken."""
        node = self.node.get(key)
        if node is not None:
            with collecting(self.mistakes):
                return form(node)
        return otherwise

    def need(self, key: str, form: Callable[[Node], Value], otherwise: Other) -> Value | Other:
        """The value of a key that must be there."""
        if key not in self:
            self.mistakes.append(Mistake(self.node.mark, f"{self.what} needs {key}", f"write {key}: …"))
        return self.read(key, form, otherwise)

    def aliases(self, key: str) -> list[tuple[Scalar, Node]]:
        """The entries below a key that declare something by alias; at least one."""
        return list(self.read(key, lambda node: _aliases(node, key, self.mistakes), ()))


def endpoints(services: Sequence[str], mistakes: list[Mistake]) -> Callable[[Node], dict[str, str]]:
    """The URLs that replace those of some services."""

    def read(node: Node) -> dict[str, str]:
        fields = Fields(node, "endpoints", services, mistakes)
        found = {name.text: fields.read(name.text, forms.url, "") for name, _ in fields.node.entries}
        return {name: address for name, address in found.items() if address}

    return read


def _mapping(node: Node, what: str) -> Mapping:
    if isinstance(node, Mapping):
        return node
    # A single value is not repeated: it may be a secret in the wrong place.
    found = "one value" if isinstance(node, Scalar) and node.text else described(node)
    raise Mistake(node.mark, f"{what} must be a mapping, not {found}", "write key: value lines")


def _aliases(node: Node, key: str, mistakes: list[Mistake]) -> tuple[tuple[Scalar, Node], ...]:
    entries = _mapping(node, key).entries
    if not entries:
        raise Mistake(node.mark, f"{key} declares nothing", "declare at least one, by an alias")
    for alias, _ in entries:
        if alias.text in RESERVED:
            mistakes.append(Mistake(alias.mark, f"{alias.text!r} has a meaning in policies", "choose another alias"))
        elif not ALIAS.fullmatch(alias.text) or alias.text.startswith("aws-"):
            hint = "small letters, digits and single hyphens between them, not beginning with aws-"
            mistakes.append(Mistake(alias.mark, f"{alias.text!r} is no alias", hint))
    return entries
