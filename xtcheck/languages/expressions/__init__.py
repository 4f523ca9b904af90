"""Attribute-mapping expressions of Entra provisioning: parsed, evaluated, compared, and read from Graph."""

from xtcheck.languages.expressions.expression import Expression, Outcome, constant, direct, parse
from xtcheck.languages.expressions.mistakes import ExpressionError
from xtcheck.languages.expressions.run import Context
from xtcheck.languages.expressions.values import IGNORED, NULL, NoValue, Result, Undetermined

__all__ = [
    "IGNORED",
    "NULL",
    "Context",
    "Expression",
    "ExpressionError",
    "NoValue",
    "Outcome",
    "Result",
    "Undetermined",
    "constant",
    "direct",
    "parse",
]
