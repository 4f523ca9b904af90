"""Scoping filters of a mapping as a policy writes them, and as Microsoft Graph keeps them.

Graph: learn.microsoft.com/graph/api/resources/synchronization-filter. Filters are joined by *or*, the clauses of one by
*and*.
"""

from __future__ import annotations

import re
from typing import Any

from xtcheck.errors import Unwritable

Json = Any

UNARY = ("IS TRUE", "IS FALSE", "IS NULL", "IS NOT NULL")
BINARY = (
    "EQUALS", "NOT EQUALS", "REGEX MATCH", "NOT REGEX MATCH", "Greater_Than", "Greater_Than_OR_EQUALS", "Includes",
    "ENDS_WITH", "&", "!&",
)  # fmt: skip
"""The operators by how many operands they have: Learn, app-provisioning/define-conditional-rules-for-provisioning-user-
accounts; Graph: synchronization-synchronizationschema-filteroperators."""
AND = " AND "
_WORDS = "|".join(re.escape(word) for word in sorted((*UNARY, *BINARY), key=len, reverse=True))
_CLAUSE = re.compile(rf"(\S+) ({_WORDS})(?: (.+))?", re.DOTALL)


def texts(filters: Json) -> list[str]:
    """Each filter as a policy writes it."""
    return [AND.join(map(_text, each["clauses"])) or "(without any clause)" for each in filters or ()]


def _text(clause: Json) -> str:
    values = [str(value) for value in (clause.get("targetOperand") or {}).get("values") or ()]
    return " ".join(
        [str(clause["sourceOperandName"]), str(clause["operatorName"]), *([", ".join(values)] * bool(values))]
    )


def clause(attribute: str, operator: str, *values: str) -> Json:
    """A clause as Graph keeps it."""
    return {"sourceOperandName": attribute, "operatorName": operator, "targetOperand": {"values": list(values)}}


def made(text: str) -> Json:
    """The filter of a policy's text; its title is that text.

    :raises Unwritable: the text does not tell which filter is meant.
    """
    return {"name": text, "clauses": [_clause(part) for part in text.split(AND)]}


def _clause(text: str) -> Json:
    found = _CLAUSE.fullmatch(text)
    if not found or (found[2] in UNARY) is (found[3] is not None):
        raise Unwritable(f"{text!r} is no clause that can be written: attribute OPERATOR value")
    attribute, operator, value = found.groups()
    if value is not None and ", " in value:
        raise Unwritable(f"whether {value!r} is one value or several, the text does not tell")
    return clause(attribute, operator, *(() if value is None else (value,)))
