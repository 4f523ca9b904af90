"""Policy files as texts: what stands in them, and the same with other names; comments are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import yaml

Json = Any

REASON = "reason"
"""A free text about people: it is for whoever waived, and judges nothing."""


def plain(text: str) -> Iterator[Json]:
    """The documents as JSON, every scalar a text."""
    import yaml  # 28 ms that --help need not pay

    # The base loader makes texts of all scalars, and nothing else.
    yield from filter(None, yaml.load_all(text, Loader=yaml.BaseLoader))


def redacted_policy(text: str, replaced: Callable[[str], str]) -> str:
    """A policy file with every scalar replaced, and without comments."""
    import yaml

    documents = list(yaml.compose_all(text, Loader=yaml.BaseLoader))
    for node in documents:
        _replace(node, replaced)
    written: str = yaml.serialize_all(documents, Dumper=yaml.BaseDumper, allow_unicode=True, width=120)
    return written


def _replace(node: yaml.Node, replaced: Callable[[str], str], *, key: str = "") -> None:
    import yaml

    match node:
        case yaml.MappingNode():
            for name, value in node.value:
                word = str(name.value)
                _replace(name, replaced)
                _replace(value, replaced, key=word)
        case yaml.SequenceNode():
            for item in node.value:
                _replace(item, replaced)
        case yaml.ScalarNode():
            node.value = "redacted" if key == REASON else replaced(node.value)
