"""Puts the environment's texts in the place of ``${env.NAME}`` and ``${env.NAME:-default}``, in values only."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import assert_never

from xtcheck import nodes
from xtcheck.config.forms import ENV
from xtcheck.errors import Mark, Mistake, collecting
from xtcheck.nodes import Mapping, Node, Scalar, Sequence

FORMS = "write ${env.NAME} or ${env.NAME:-default}"
UNCLOSED = re.compile(r"\$\{(?![^{}]*\})")


def substituted(node: Node, mistakes: list[Mistake]) -> Node:
    """The node with its variables replaced; a value whose variable is mistaken stays as it is.

    Keys hold none: two of them could turn out equal, and one entry would vanish.
    """
    match node:
        case Scalar():
            with collecting(mistakes):
                if UNCLOSED.search(node.text):
                    raise Mistake(node.mark, "a variable is not closed", FORMS)
                return nodes.substitute(node, _value)
            return node
        case Sequence():
            return replace(node, items=tuple(substituted(item, mistakes) for item in node.items))
        case Mapping():
            for key, _ in node.entries:
                if "${" in key.text:
                    mistakes.append(Mistake(key.mark, "a key cannot hold a variable", "write the key out"))
            return replace(node, entries=tuple((key, substituted(value, mistakes)) for key, value in node.entries))
        case _:
            assert_never(node)


def _value(name: str, mark: Mark) -> tuple[str, bool]:
    """The text of a variable; it counts as secret, so that messages show its name."""
    owner, _, rest = name.partition(".")
    variable, has_default, default = rest.partition(":-")
    if owner != "env" or not ENV.fullmatch(variable):
        raise Mistake(mark, f"there is no variable ${{{name}}} in config.yml", FORMS)
    found = os.environ.get(variable) or default
    if not found and not has_default:
        raise Mistake(mark, f"the environment variable {variable} is not set", "set it, or write ${env.NAME:-default}")
    return found, True
