"""Dynamic membership rules, as much of the language as the worlds use; anything else is refused.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership
"""

from __future__ import annotations

import re
from collections.abc import Callable

from xtcheck.sandbox.wire import Json

Test = Callable[[Json], bool]

_TOKENS = re.compile(r"""\s*(?:(?P<mark>[()])|(?P<string>"(?:[^"`]|`.)*")|(?P<word>[^\s()"]+))""")
_PROPERTIES = frozenset(
    [
        "accountEnabled",
        "city",
        "companyName",
        "country",
        "department",
        "displayName",
        "employeeId",
        "facsimileTelephoneNumber",
        "givenName",
        "jobTitle",
        "mail",
        "mailNickName",
        "mobile",
        "objectId",
        "physicalDeliveryOfficeName",
        "postalCode",
        "preferredLanguage",
        "state",
        "streetAddress",
        "surname",
        "telephoneNumber",
        "usageLocation",
        "userPrincipalName",
        "userType",
    ]
)
_STORED = {
    "mailNickName": "mailNickname", "mobile": "mobilePhone", "objectId": "id",
    "physicalDeliveryOfficeName": "officeLocation", "facsimileTelephoneNumber": "faxNumber",
}  # fmt: skip
"""Names that the language spells otherwise than Microsoft Graph."""


class Unreadable(ValueError):
    """A rule that this evaluator does not understand."""


def compile_rule(text: str) -> Test:
    """The test that a rule makes of a user document; raises Unreadable."""
    tokens = _tokenize(text)
    test = _either(tokens)
    if tokens:
        raise Unreadable(f"unexpected '{tokens[0]}'")
    return test


def _tokenize(text: str) -> list[str]:
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKENS.match(text, at)
        if found is None:
            raise Unreadable(f"unexpected '{text[at:].strip()[0]}'")
        tokens.append(found[found.lastgroup or 0])
        at = found.end()
    return tokens


def _operator(tokens: list[str]) -> str:
    """The next token as an operator: without case, the hyphen optional."""
    return tokens[0].lower().removeprefix("-") if tokens else ""


def _either(tokens: list[str]) -> Test:
    tests = [_both(tokens)]
    while _operator(tokens) == "or":
        tokens.pop(0)
        tests.append(_both(tokens))
    return lambda user: any(test(user) for test in tests)


def _both(tokens: list[str]) -> Test:
    tests = [_unary(tokens)]
    while _operator(tokens) == "and":
        tokens.pop(0)
        tests.append(_unary(tokens))
    return lambda user: all(test(user) for test in tests)


def _unary(tokens: list[str]) -> Test:
    if _operator(tokens) == "not":
        tokens.pop(0)
        test = _unary(tokens)
        return lambda user: not test(user)
    if tokens and tokens[0] == "(":
        tokens.pop(0)
        test = _either(tokens)
        if not tokens or tokens.pop(0) != ")":
            raise Unreadable("a parenthesis is not closed")
        return test
    return _comparison(tokens)


def _comparison(tokens: list[str]) -> Test:
    if len(tokens) < 3:
        raise Unreadable("an expression is incomplete")
    left, operator, right = tokens.pop(0), _operator(tokens), tokens[1]
    del tokens[:2]
    name = left.removeprefix("user.")
    if name == left or name not in _PROPERTIES:
        raise Unreadable(f"unknown property '{left}'")
    stored = _STORED.get(name, name)
    wanted = _value(right)
    match operator:
        case "eq":
            return lambda user: _fold(user.get(stored)) == wanted
        case "ne":
            return lambda user: _fold(user.get(stored)) != wanted
        case "startswith" if isinstance(wanted, str):
            return lambda user: str(_fold(user.get(stored)) or "").startswith(wanted)
        case "contains" if isinstance(wanted, str):
            return lambda user: wanted in str(_fold(user.get(stored)) or "")
    raise Unreadable(f"unknown operator '{operator}'")


def _value(token: str) -> Json:
    if token.startswith('"'):
        return re.sub(r"`(.)", r"\1", token[1:-1]).lower()
    match token.lower():
        case "true":
            return True
        case "false":
            return False
        case "null" | "$null":
            return None
    raise Unreadable(f"'{token}' is no value")


def _fold(value: Json) -> Json:
    return value.lower() if isinstance(value, str) else value
