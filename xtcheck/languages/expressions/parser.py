"""From a text to the tree of a mapping expression: a recursive descent over the characters."""

from __future__ import annotations

import re
from typing import NamedTuple

from xtcheck.errors import choices
from xtcheck.languages.expressions.arguments import Argument, check
from xtcheck.languages.expressions.functions import FUNCTIONS, WORDS, Function
from xtcheck.languages.expressions.mistakes import ExpressionError
from xtcheck.languages.expressions.tree import Attribute, Call, Comparison, Constant, Node, Number, Word

LONGEST = 10_000
"""Characters (learn.microsoft.com/entra/identity/app-provisioning/customize-application-attributes)."""
DEEPEST = 100
"""How deep calls may stand in each other; no documented expression has more than six."""

_NUMBER = re.compile(r"&H[0-9A-Fa-f]+|-?[0-9]+(?:\.[0-9]+)?")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_OPERATOR = re.compile(r"<>|>=|<=|=|>|<")
_OTHER_OPERATOR = re.compile(r"==|!=|&&|\|\||[&+*/^|]|\b(?:AND|OR|NOT|and|or|not|Or|And|eq)\b")
CURLY = "“”„‟«»‘’\u201a"
MISTYPED = {
    **dict.fromkeys("“”„‟«»", 'only " delimits a text'),
    **dict.fromkeys("‘’\u201a", 'a text stands between straight double quotes, "…"'),
    "'": 'a text stands between double quotes, "…"',
    "`": 'a text stands between double quotes, "…"',
    "\uff1b": "arguments are separated by ,",
    ";": "arguments are separated by ,",
    "\uff0c": "arguments are separated by ,",
    "\uff08": "write (",
    "\uff09": "write )",
    "{": "an attribute stands in square brackets, [displayName]",
    "–": "a negative number begins with -",
    "−": "a negative number begins with -",
}


class Parsed(NamedTuple):
    """The tree, and the offsets of backslashes that escape nothing."""

    tree: Node
    backslashes: tuple[int, ...]


def parsed(text: str) -> Parsed:
    """The tree of a whole text.

    :raises ExpressionError: it is no mapping expression.
    """
    if len(text) > LONGEST:
        raise ExpressionError(
            text, LONGEST, f"the expression has {len(text):,} characters", f"at most {LONGEST:,} are allowed"
        )
    return _Parser(text).whole()


class _Parser:
    """A text, and how far it has been read."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0
        self.backslashes: list[int] = []

    def whole(self) -> Parsed:
        if not self.text.strip():
            raise self.wrong("the expression is empty", 'e.g. Append([displayName], "|Org")', 0)
        tree = self.operand()
        if self.peek():
            raise self.stray()
        return Parsed(tree, tuple(self.backslashes))

    def wrong(self, what: str, hint: str = "", at: int | None = None) -> ExpressionError:
        return ExpressionError(self.text, self.at if at is None else at, what, hint)

    def peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at : self.at + 1]

    def stray(self) -> ExpressionError:
        """What stands here is neither a comma nor a closing bracket nor the end."""
        found = self.peek()
        if not found:
            return self.wrong("the expression ends before its bracket is closed", "write )")
        if found in MISTYPED:
            return self.mistyped(found)
        operator = _OTHER_OPERATOR.match(self.text, self.at)
        if operator and operator[0] not in ("==", "!="):
            hint = (
                "join texts with Append or Join"
                if operator[0] in "&+|"
                else "nest IIF, or use Not(…), Switch or BitAnd"
            )
            return self.wrong(f"there is no operator {operator[0]}", hint)
        if operator:
            return self.wrong(f"there is no operator {operator[0]}", "compare with = or <>, inside IIF")
        if _OPERATOR.match(self.text, self.at):
            return self.wrong("a comparison may stand only as the condition of IIF or in CBool", "move it there")
        if found == ")":
            return self.wrong("a bracket is closed that was not opened", "remove )")
        if found == "]":
            return self.wrong("a square bracket is closed that was not opened", "remove ]")
        what = f"{self.word()} was not expected here"
        return self.wrong(what, "write , or )" if self.depth else "the expression is complete before it")

    def mistyped(self, found: str) -> ExpressionError:
        if found in CURLY:
            return self.wrong(f"the typographic quote {found} is no delimiter", MISTYPED[found])
        return self.wrong(f"{found} was not expected here", MISTYPED[found])

    def word(self) -> str:
        """What stands here, for a message."""
        found = re.compile(r"\w+|\S").match(self.text, self.at)
        return repr(found[0][:40]) if found else "the end"

    def operand(self) -> Node:
        found = self.peek()
        if found == "[":
            return self.attribute()
        if found == '"':
            return self.string()
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return Number(number[0])
        name = _NAME.match(self.text, self.at)
        if name:
            return self.named(name[0])
        if not found:
            raise self.wrong(
                "the expression ends where a value was expected", "write an attribute, a text or a function"
            )
        if found in MISTYPED:
            raise self.mistyped(found)
        if found in ",)":
            raise self.wrong("a value was expected before this", "write an attribute, a text or a function")
        raise self.wrong(f"{self.word()} is no value", 'write [attribute], "text", a number or a function')

    def attribute(self) -> Attribute:
        start = self.at
        end = self.text.find("]", start)
        if end < 0:
            raise self.wrong("the square bracket of the attribute is not closed", "write ]")
        name = self.text[start + 1 : end]
        if not name.strip():
            raise self.wrong("the attribute has no name", "e.g. [displayName]", start)
        if any(glyph in name for glyph in '["\n\r'):
            raise self.wrong("the square bracket of the attribute is not closed", "write ] after its name", start)
        self.at = end + 1
        return Attribute(name.strip())

    def string(self) -> Constant:
        start = self.at
        parts: list[str] = []
        self.at += 1
        while self.at < len(self.text):
            glyph = self.text[self.at]
            if glyph == '"':
                self.at += 1
                return Constant("".join(parts))
            if glyph == "\\":
                escaped = self.text[self.at + 1 : self.at + 2]
                if escaped not in ('"', "\\"):
                    # The register's B-01: both characters are kept.
                    self.backslashes.append(self.at)
                    parts.append(glyph)
                    self.at += 1
                    continue
                parts.append(escaped)
                self.at += 2
                continue
            parts.append(glyph)
            self.at += 1
        raise self.wrong("the text has no closing quotation mark", 'write "; inside a text it is written \\"', start)

    def named(self, name: str) -> Node:
        """A function call, or one of the bare words."""
        start = self.at
        self.at += len(name)
        if self.peek() == "\uff08":
            raise self.mistyped("\uff08")
        if self.peek() == "(":
            return self.call(name, start)
        if name in WORDS:
            return Word(name)
        self.at = start
        if name in FUNCTIONS:
            raise self.wrong(f"{name} is a function", f"write {FUNCTIONS[name].signature}")
        near = {word.lower(): word for word in WORDS}.get(name.lower())
        hint = f"did you mean {near}?" if near else f'write [{name}] for the attribute, "{name}" for the text'
        raise self.wrong(f"{name!r} is neither an attribute nor a text", hint)

    def call(self, name: str, start: int) -> Call:
        function = self.function(name, start)
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(f"calls stand in each other more than {DEEPEST} deep", "take it apart", start)
        self.at += 1
        arguments = self.arguments(function)
        self.depth -= 1
        check(self.text, function, arguments, start)
        return Call(name, tuple(argument.node for argument in arguments))

    def function(self, name: str, start: int) -> Function:
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        same = {known.lower(): known for known in FUNCTIONS}.get(name.lower())
        hint = f"names are case-sensitive: {same}" if same else choices(name, FUNCTIONS, "functions")
        raise self.wrong(f"unknown function {name!r}", hint, start)

    def arguments(self, function: Function) -> list[Argument]:
        if self.peek() == ")":
            self.at += 1
            return []
        found = [self.argument(function, 0)]
        while self.peek() == ",":
            self.at += 1
            found.append(self.argument(function, len(found)))
        if self.peek() != ")":
            raise self.stray()
        self.at += 1
        return found

    def argument(self, function: Function, index: int) -> Argument:
        start, next_ = self.at, self.peek()
        if next_ in (",", ")"):
            return Argument(None, start)
        start = self.at
        left = self.operand()
        parameter = function.parameter(index)
        self.peek()
        operator = _OPERATOR.match(self.text, self.at)
        double = self.text.startswith(("==", "!="), self.at)
        if not operator or double or parameter is None or parameter.kind != "condition":
            return Argument(left, start)
        self.at = operator.end()
        return Argument(Comparison(left, operator[0], self.operand()), start)
