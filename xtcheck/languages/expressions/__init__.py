"""Attribute-mapping expressions of Entra provisioning: parsed, evaluated, compared, and read from Graph."""

from xtcheck.languages.expressions.comparison import Compared, Different, Same, Unproved, compare
from xtcheck.languages.expressions.expression import Expression, Outcome, constant, direct, parse
from xtcheck.languages.expressions.mistakes import ExpressionError
from xtcheck.languages.expressions.run import Context
from xtcheck.languages.expressions.source_view import property_of, source_columns, source_view
from xtcheck.languages.expressions.values import IGNORED, NULL, NoValue, Result, Undetermined

__all__ = [
    "IGNORED",
    "NULL",
    "Compared",
    "Context",
    "Different",
    "Expression",
    "ExpressionError",
    "NoValue",
    "Outcome",
    "Result",
    "Same",
    "Undetermined",
    "Unproved",
    "compare",
    "constant",
    "direct",
    "parse",
    "property_of",
    "source_columns",
    "source_view",
]
