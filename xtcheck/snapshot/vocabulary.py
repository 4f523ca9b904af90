"""The words by which services and policies speak: what a person may be called and must not be replaced all the same.

Whatever a judgement compares a text with, other than another text of the world or a policy, stands as a constant in the
code of the tables: so the words are taken from there, and a new row brings its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from uuid import UUID

from xtcheck import kinds, policy, values
from xtcheck.errors import XtcheckError
from xtcheck.languages.expressions import functions

WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SENTENCE = re.compile(r"\s")
ADDRESS = ("/", "http", "login:", "beta:")
"""How templates of URLs begin; they may hold blanks and are no sentences."""
ALWAYS = frozenset(
    {
        "com", "net", "org", "edu", "co", "uk", "ac", "gov", "info", "biz", "onmicrosoft", "partner", "onmschina",
        "microsoft", "microsoftonline", "windows", "azure", "graph", "amazonaws", "amazon", "aws", "awsapps", "signin",
        "sso", "scim", "example", "ext", "smtp", "sip", "the", "of", "and", "for", "in", "to", "at", "on", "by", "with",
        "from",
    }
)  # fmt: skip
"""Words of public addresses, and the small ones of every name."""


@cache
def words() -> frozenset[str]:
    """The words, in small letters."""
    spoken = (*functions.FUNCTIONS, *functions.WORDS, *functions.INTERVALS)
    return ALWAYS | {word.casefold() for text in (*_texts(), *spoken) for word in WORD.findall(text)}


@cache
def guids() -> frozenset[str]:
    """The ids that are the same in every tenant: of templates, roles and plans; and the id of nothing."""
    return frozenset(found.lower() for text in _texts() for found in GUID.findall(text)) | {str(UUID(int=0))}


@cache
def _texts() -> tuple[str, ...]:
    sources = [source for package in (kinds, policy, values) for source in _sources(package.__name__)]
    return tuple(text for source in sources for text in _constants(source) if _is_no_sentence(text))


def _sources(package: str) -> Iterator[str]:
    found = [file.read_text(encoding="utf-8") for file in files(package).iterdir() if file.name.endswith(".py")]
    if not found:
        raise XtcheckError(f"the source of {package} is not installed; without it a world cannot be redacted")
    yield from found


def _constants(source: str) -> Iterator[str]:
    """The texts in a module's code; not the names in it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _is_no_sentence(text: str) -> bool:
    return text.startswith(ADDRESS) or not SENTENCE.search(text)
