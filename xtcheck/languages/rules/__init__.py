"""Dynamic membership rules of Microsoft Entra ID: whom a rule selects, why, and whether two rules select the same.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
"""

from xtcheck.errors import RuleError
from xtcheck.languages.rules.compare import Different, Equivalent, Unproved, compare
from xtcheck.languages.rules.explanation import Explanation
from xtcheck.languages.rules.outcome import Answer, Inconclusive
from xtcheck.languages.rules.rule import Rule, parse

__all__ = [
    "Answer",
    "Different",
    "Equivalent",
    "Explanation",
    "Inconclusive",
    "Rule",
    "RuleError",
    "Unproved",
    "compare",
    "parse",
]
