"""What a read comes to inside the clients: the whole document, a documented absence, or no answer."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xtcheck.errors import XtcheckError
from xtcheck.hiding import discreet

if TYPE_CHECKING:
    from xtcheck.model import Json


@dataclass(frozen=True, slots=True)
class Whole:
    """A document that was read to its end."""

    document: Json
    pages: int = 1


@dataclass(frozen=True, slots=True)
class Gone:
    """The service said, as it documents, that there is no such object."""


class NoAnswer(XtcheckError):
    """There is no complete answer: what happened, and what to do about it; both are one line without secrets.

    ``refused`` is the AWS account that may not have it, where that is the cause; ``denied``: who asks is known and may
    not read it.
    """

    def __init__(self, cause: str, remedy: str, *, refused: str = "", denied: bool = False) -> None:
        super().__init__(cause, remedy)
        self.cause, self.remedy, self.refused, self.denied = cause, remedy, refused, denied

    def __str__(self) -> str:
        return f"{self.cause}; {self.remedy}"

    def again(self) -> NoAnswer:
        """A fresh exception with the same text: one that is raised twice gathers the tracebacks of both."""
        return NoAnswer(self.cause, self.remedy, refused=self.refused, denied=self.denied)


def shape(document: Json) -> str:
    """What kind of JSON value something is, in JSON's own words."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(document), "a number")


def one_line(text: str, limit: int = 200) -> str:
    """A foreign text, fit to be shown: without what is hidden, and as :func:`visible`."""
    return visible(discreet(text), limit)


def visible(text: str, limit: int) -> str:
    """A foreign text in one line, without control or formatting characters, and in at most ``limit`` characters.

    Of a text that says more, the last character is an ellipsis.
    """
    looked_at = text[: 8 * limit]
    line = " ".join("".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in looked_at).split())
    return line if len(line) <= limit and looked_at == text else f"{line[: limit - 1]}…"
