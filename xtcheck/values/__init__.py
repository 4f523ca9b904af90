"""The types of settings: how a value is written in a policy, read from a service, compared and printed.

Each class here satisfies :class:`xtcheck.model.Type`.
"""

from xtcheck.values.b2b import B2B
from xtcheck.values.bounds import AtLeast, AtMost
from xtcheck.values.concluded import Concluded, concluded
from xtcheck.values.documents import Labels, PolicyDocument
from xtcheck.values.findings import Findings
from xtcheck.values.grants import Grants
from xtcheck.values.mapped import AsMapped
from xtcheck.values.membership import AsRule, MembershipRule
from xtcheck.values.names import Names, Principals
from xtcheck.values.optional import Absentable, NumberOrOff
from xtcheck.values.records import Records
from xtcheck.values.scalars import AnyOf, Boolean, Choice, Inheritable, Text
from xtcheck.values.sources import MappingSource

__all__ = [
    "B2B",
    "Absentable",
    "AnyOf",
    "AsMapped",
    "AsRule",
    "AtLeast",
    "AtMost",
    "Boolean",
    "Choice",
    "Concluded",
    "Findings",
    "Grants",
    "Inheritable",
    "Labels",
    "MappingSource",
    "MembershipRule",
    "Names",
    "NumberOrOff",
    "PolicyDocument",
    "Principals",
    "Records",
    "Text",
    "concluded",
]
