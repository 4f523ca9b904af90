"""Which property a word of a membership rule names, and what to say when it names none."""

from __future__ import annotations

from xtcheck.errors import choices
from xtcheck.languages.rules.lexer import Finding, Token, error
from xtcheck.languages.rules.properties import (
    BY_NAME,
    COLLECTIONS,
    ELEMENT,
    GROUP_ID,
    PLAN,
    UNSUPPORTED,
    Property,
    Subject,
    Type,
    find,
)

_ELEMENTS = {Type.STRINGS: (ELEMENT,), Type.PLANS: PLAN, Type.GROUPS: (GROUP_ID,)}
_OF_GRAPH = {
    subject: {each.path[0].lower(): each for each in known.values() if not each.short.startswith("extension")}
    for subject, known in BY_NAME.items()
}


def operand(text: str, token: Token, collection: Property | None, findings: list[Finding]) -> Property:
    """The property that a word names; inside the lambda of a collection, the part of an element.

    :raises RuleError: it names none.
    """
    if collection is not None:
        return _element(text, token, collection)
    prefix, dot, name = token.text.partition(".")
    try:
        subject = Subject(prefix.lower())
    except ValueError:
        subject = Subject.ELEMENT
    if not dot or subject is Subject.ELEMENT:
        raise error(text, token.at, "attribute", f"{token.text} is no property", _prefixed(token.text))
    found = find(subject, name)
    if found is None:
        raise error(text, token.at, "attribute", f"{token.text} is no property of a {subject}", _hint(subject, name))
    if not found.is_extension and name != found.short and name not in found.spellings:
        findings.append(Finding("A-03", token.at, f"{token.text} is written {found.name} in the documentation"))
    return found


def _prefixed(name: str) -> str:
    if name == "_" or name.lower().startswith(("assignedplan.", "group.")):
        return "it is an element, and stands only inside -any (…) or -all (…)"
    known = [subject for subject in (Subject.USER, Subject.DEVICE) if find(subject, name)]
    return (
        f"write {' or '.join(f'{subject}.{name}' for subject in known)}"
        if known
        else "properties begin with user. or device."
    )


def _hint(subject: Subject, name: str) -> str:
    lower = name.lower()
    other = Subject.DEVICE if subject is Subject.USER else Subject.USER
    if lower in UNSUPPORTED:
        return UNSUPPORTED[lower]
    if lower in _OF_GRAPH[subject]:
        return f"rules call it {_OF_GRAPH[subject][lower].name}"
    if find(other, name):
        return f"it is one of a {other}"
    if lower.startswith("extensionattribute"):
        return "there are extensionAttribute1 to extensionAttribute15"
    if lower.startswith("extension_"):
        return "a directory extension is extension_<app id without dashes>_<name>"
    return choices(name, (each.short for each in BY_NAME[subject].values()), "the properties are")


def _element(text: str, token: Token, collection: Property) -> Property:
    elements = _ELEMENTS[collection.type]
    for each in elements:
        if each.name.lower() == token.text.lower():
            return each
    right = f"inside {collection.name} write {' or '.join(each.name for each in elements)}"
    raise error(text, token.at, "attribute", f"{token.text} is no part of an element", right)


def quantified_property(text: str, property: Property, operator: Token) -> None:
    """Whether -any or -all may be asked of a property.

    :raises RuleError: it is no collection.
    """
    if property.type not in COLLECTIONS:
        what = f"-any and -all are not supported on {property.name}"
        raise error(text, operator.at, "operator", what, f"it holds one {property.type}: compare it directly")
