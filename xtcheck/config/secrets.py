"""Finds secrets that were pasted into config.yml; the message never repeats them."""

from __future__ import annotations

import re

from xtcheck.errors import Mistake, Mistakes
from xtcheck.nodes import Mapping, Node, Scalar, Sequence

SHAPES = {
    "an Entra client secret": re.compile(r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}"),
    "an AWS access key id": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a token": re.compile(r"\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+"),
    "a private key or certificate": re.compile(r"-----BEGIN [A-Z ]+-----"),
}
UNDER_KEYS = re.compile(r"secret|token|password", re.IGNORECASE)
AWS_KEY = re.compile(r"[A-Za-z0-9/+]{40}")


def refuse_pasted(node: Node) -> None:
    """Go through the whole document.

    :raises Mistakes: something looks like a secret.
    """
    found: list[Mistake] = []
    _search(node, "", found)
    if found:
        raise Mistakes(found)


def _search(node: Node, key: str, found: list[Mistake]) -> None:
    match node:
        case Scalar():
            what = _recognised(node.text, key)
            if what:
                hint = "write {env: NAME}, set that variable, and revoke what stood here"
                found.append(Mistake(node.mark, f"{what} stands in config.yml itself", hint))
        case Sequence():
            for item in node.items:
                _search(item, key, found)
        case Mapping():
            for name, value in node.entries:
                _search(name, "", found)
                _search(value, name.text, found)


def _recognised(text: str, key: str) -> str:
    for what, shape in SHAPES.items():
        if shape.search(text):
            return what
    return "what looks like an AWS secret access key" if UNDER_KEYS.search(key) and AWS_KEY.fullmatch(text) else ""
