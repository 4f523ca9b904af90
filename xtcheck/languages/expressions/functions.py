"""The functions of the language: their parameters, and where each is documented.

The function page: learn.microsoft.com/entra/identity/app-provisioning/functions-for-customizing-application-data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["text", "number", "list", "any", "condition", "interval", "compare", "encoding", "roles"]
Home = Literal["provisioning", "cloud sync", "internal"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a function takes at one place.

    ``nulls``: the function page says what comes of null. ``key``: Graph's name for it in a source's tree, where that is
    known to differ.
    """

    name: str
    kind: Kind
    required: bool = True
    nulls: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """One function; ``repeating`` are the parameters that may stand again and again after the others, at least once."""

    name: str
    parameters: tuple[Parameter, ...]
    repeating: tuple[Parameter, ...] = ()
    home: Home = "provisioning"

    @property
    def signature(self) -> str:
        """How it is called."""
        words = [parameter.name if parameter.required else f"[{parameter.name}]" for parameter in self.parameters]
        words += [parameter.name for parameter in self.repeating] + ["…"] * bool(self.repeating)
        return f"{self.name}({', '.join(words)})"

    def parameter(self, index: int) -> Parameter | None:
        """The parameter that an argument is for, or None when there is none at that place."""
        if index < len(self.parameters):
            return self.parameters[index]
        if self.repeating:
            return self.repeating[(index - len(self.parameters)) % len(self.repeating)]
        return None


def _parameters(words: str) -> tuple[Parameter, ...]:
    """``name:kind``; ``?`` after it when it may be left out, ``0`` when null is documented, ``=Key`` as Graph says."""
    found = []
    for word in words.split():
        head, _, key = word.partition("=")
        name, _, kind = head.partition(":")
        bare = kind.rstrip("?0")
        found.append(Parameter(name, KINDS[bare], "?" not in kind, "0" in kind, key))
    return tuple(found)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "text": "text", "number": "number", "list": "list", "any": "any", "condition": "condition",
        "interval": "interval", "compare": "compare", "encoding": "encoding", "roles": "roles",
    }
)  # fmt: skip


def _function(name: str, parameters: str = "", repeating: str = "", home: Home = "provisioning") -> Function:
    return Function(name, _parameters(parameters), _parameters(repeating), home)


_TABLE = (
    _function("Append", "source:text suffix:text"),
    _function("AppRoleAssignmentsComplex", "appRoleAssignments:roles"),
    _function("AssertiveAppRoleAssignmentsComplex", "appRoleAssignments:roles"),
    _function("BitAnd", "value1:number value2:number"),
    _function("CBool", "expression:condition"),
    _function("CDate", "expression:text"),
    _function("Coalesce", "", "source:any0"),
    _function("ConvertToBase64", "source:text"),
    _function("ConvertToUTF8Hex", "source:text"),
    _function("Count", "attribute:list"),
    _function("CStr", "value:text"),
    _function("DateAdd", "interval:interval value:number dateTime:text"),
    _function("DateDiff", "interval:interval date1:text date2:text"),
    _function("DateFromNum", "value:number"),
    _function("DefaultDomain"),
    _function("FormatDateTime", "source:text dateTimeStyles:text? inputFormat:text outputFormat:text"),
    _function("Guid"),
    _function("IgnoreFlowIfNullOrEmpty", "expression:any0"),
    _function("IIF", "condition:condition valueIfTrue:any0 valueIfFalse:any0"),
    _function("InStr", "value1:text value2:text start:number? compareType:compare?"),
    _function("IsNull", "expression:any0"),
    _function("IsNullOrEmpty", "expression:any0"),
    _function("IsPresent", "expression:any0"),
    _function("IsString", "expression:any"),
    _function("Item", "attribute:list index:number"),
    _function("Join", "separator:text", "source:any0"),
    _function("Left", "string:text0 numChars:number"),
    _function("Len", "string:text0"),
    _function("Mid", "source:text start:number length:number?"),
    _function("NormalizeDiacritics", "source:text"),
    _function("Not", "source:text"),
    _function("Now"),
    _function("NumFromDate", "value:text"),
    _function("PCase", "source:text wordSeparators:text?"),
    _function("RandomString", "length:number minimumNumbers:number minimumSpecialCharacters:number "
              "minimumCapital:number minimumLowerCase:number charactersToAvoid:text?"),
    _function("Redact", "value:any0"),
    _function("RemoveDuplicates", "attribute:list"),
    _function("Replace", "source:text0 oldValue:text?=Find regexPattern:text? regexGroupName:text? "
              "replacementValue:text?=Replacement replacementAttributeName:text? template:text?"),
    _function("SelectUniqueValue", "", "uniqueValueRule:any"),
    _function("SingleAppRoleAssignment", "appRoleAssignments:roles"),
    _function("Split", "source:text delimiter:text"),
    _function("StripSpaces", "source:text"),
    _function("Switch", "source:text0 defaultValue:any0?", "key:text0 value:any0"),
    _function("ToLower", "source:text culture:text?"),
    _function("ToUpper", "source:text culture:text?"),
    _function("Word", "string:text0 wordNumber:number delimiters:text"),
    # On the Cloud Sync page only.
    _function("ConvertFromBase64", "source:text encoding:encoding?", home="cloud sync"),
    _function("DNComponent", "dn:text componentNumber:number", home="cloud sync"),
    _function("Error", "message:text", home="cloud sync"),
    _function("StringFromSid", "objectSID:text", home="cloud sync"),
    _function("Trim", "value:any", home="cloud sync"),
    # In default mappings of cross-tenant synchronization, and in Graph's list of a job's functions.
    _function("AltSecIdFromNetId", "source:text", home="internal"),
    _function("AppRoleAssignments", "appRoleAssignments:roles", home="internal"),
)  # fmt: skip
FUNCTIONS: Mapping[str, Function] = MappingProxyType({function.name: function for function in _TABLE})

INTERVALS = ("yyyy", "m", "d", "ww", "h", "n", "s")
COMPARES = ("vbTextCompare", "vbBinaryCompare")
ENCODINGS = ("Unicode", "ASCII", "UTF8")
FLOWS = ("IgnoreAttributeFlow", "IgnoreObjectFlow")
"""Seen in the guide to expressions for Workday only, where a value stands."""
WORDS = (*COMPARES, *ENCODINGS, *FLOWS)
