"""Finds secrets that were pasted into config.yml; no message repeats them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import assert_never

from xtcheck.errors import Mistake
from xtcheck.nodes import Mapping, Node, Scalar, Sequence

BLANK = "…"
SHAPES = {
    # Forty characters, the fourth to sixth always digit, Q and ~, in what Entra issues today.
    "an Entra client secret": re.compile(r"[\w.~-]{3}\dQ~[\w.~-]{30,}", re.ASCII),
    # docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
    "an AWS access key id": re.compile(r"(?<![A-Za-z0-9])(AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
    "a token": re.compile(r"(?<![A-Za-z0-9])eyJ[\w-]{8,}[\w.-]*", re.ASCII),
    "a key or certificate": re.compile(r"-----BEGIN .*", re.DOTALL),
}
SECRET_KEY = re.compile(r"secret|token|password", re.IGNORECASE)
AWS_SECRET = re.compile(r"(?=.*[a-z])(?=.*[A-Z])[A-Za-z0-9/+]{40}")
"""An AWS secret access key; digests and ids look alike, so that only keys which speak of secrets are asked."""


def without_pasted(node: Node, mistakes: list[Mistake], under: str = "") -> Node:
    """The document with blanks where something looks like a secret, so that nothing after this can repeat it.

    :param under: the keys on the way to the node.
    """
    match node:
        case Scalar():
            what = _recognised(node.text, under)
            if not what:
                return node
            hint = "write {env: NAME}, set that variable, and replace the secret: it is no longer one"
            mistakes.append(Mistake(node.mark, f"{what} stands in config.yml itself", hint))
            return replace(node, text=BLANK, shown=BLANK)
        case Sequence():
            return replace(node, items=tuple(without_pasted(item, mistakes, under) for item in node.items))
        case Mapping():
            return replace(node, entries=tuple(_entry(name, value, mistakes, under) for name, value in node.entries))
        case _:
            assert_never(node)


def _entry(name: Scalar, value: Node, mistakes: list[Mistake], under: str) -> tuple[Scalar, Node]:
    key = without_pasted(name, mistakes, under)
    return (key if isinstance(key, Scalar) else name), without_pasted(value, mistakes, f"{under}/{name.text}")


def discreet(mistake: Mistake) -> Mistake:
    """A mistake of the YAML itself, without what looks like a secret in its text, and without tags."""
    text = re.sub(r"the tag .* has", "a tag has", mistake.text, flags=re.DOTALL)
    for shape in SHAPES.values():
        text = shape.sub(BLANK, text)
    return Mistake(mistake.mark, text, mistake.hint)


def _recognised(text: str, under: str) -> str:
    for what, shape in SHAPES.items():
        if shape.search(text):
            return what
    return "what looks like an AWS secret access key" if SECRET_KEY.search(under) and AWS_SECRET.fullmatch(text) else ""
