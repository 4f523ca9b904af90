"""From words to the tree of a membership rule, by recursive descent; every mistake has its place and a way out.

https://learn.microsoft.com/entra/identity/users/groups-dynamic-membership (Rule syntax, Operator precedence)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from xtcheck.languages.rules import lexer, values
from xtcheck.languages.rules.cursor import NONE_SUCH, WORDS, Cursor
from xtcheck.languages.rules.lexer import Finding, Sort, Token
from xtcheck.languages.rules.names import operand, quantified_property
from xtcheck.languages.rules.printer import quoted
from xtcheck.languages.rules.properties import Property, Subject, Type
from xtcheck.languages.rules.syntax import (
    Comparison,
    DirectReports,
    Empty,
    MemberOf,
    Not,
    Operator,
    Quantified,
    Quantifier,
    Text,
    Tree,
    both,
    either,
)

LONGEST = 3072
"""Characters of a rule (Rule body length limit)."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says; ``alternative`` if ``-any`` and ``-all`` take in the rest (A-07), if that is something else."""

    tree: Tree
    alternative: Tree | None
    subject: Subject
    findings: tuple[Finding, ...]
    spelled: str
    """The text word by word in the normal spelling, with the brackets as they are."""


def parsed(text: str) -> Parsed:
    """The tree of a rule.

    :raises RuleError: it is no membership rule.
    """
    if len(text) > LONGEST:
        what = f"the rule has {len(text)} characters"
        raise lexer.error(text, LONGEST, "length", what, f"at most {LONGEST} are taken")
    words, findings = lexer.tokens(text)
    parser = _Parser(text, words, findings, greedy=False)
    tree = parser.rule()
    alternative = None
    if any(finding.item == "A-07" for finding in findings):
        greedy = _Parser(text, words, [], greedy=True).rule()
        alternative = greedy if greedy != tree else None
    ordered = dict.fromkeys(sorted(findings, key=lambda finding: finding.at))
    return Parsed(tree, alternative, parser.subject or Subject.USER, tuple(ordered), spelled(words))


def spelled(words: list[Token]) -> str:
    """The words in the normal spelling, a blank between them."""
    return " ".join(quoted(each.string) if each.string else _spelled(each) for each in words).strip()


def _spelled(word: Token) -> str:
    known = WORDS.get(word.text.lower()) if word.sort in (Sort.DASHED, Sort.WORD) else None
    return word.text if known is None else f"-{known.removeprefix('-')}"


class _Parser(Cursor):
    """One way through the words."""

    def __init__(self, text: str, words: list[Token], findings: list[Finding], *, greedy: bool) -> None:
        super().__init__(text, words, findings)
        self.greedy = greedy
        self.subject: Subject | None = None
        self.collection: Property | None = None
        self.alone: tuple[int, str] | None = None

    # --- the rule -----------------------------------------------------------------------------------------------

    def rule(self) -> Tree:
        if self.at_end():
            self.fail("syntax", "the rule is empty", 'write for example: user.department -eq "Sales"')
        if self.at_word("direct"):
            return self.direct_reports()
        tree = self.either()
        if not self.at_end():
            self.unexpected()
        if self.alone and not isinstance(tree, MemberOf):
            at, what = self.alone
            self.fail(
                "combination", f"{what} cannot be combined with anything else", "make it a rule of its own", at=at
            )
        return tree

    def unexpected(self) -> NoReturn:
        if self.at_sign(")"):
            self.fail("syntax", "this ) closes nothing", "remove it, or open it before")
        if self.at_word("direct"):
            hint = "make it a rule of its own"
            self.fail("combination", "Direct Reports cannot be combined with anything else", hint)
        if self.word.sort is Sort.DASHED and self.keyword() is None:
            self.unknown_operator()
        if isinstance(self.keyword(), Operator):
            what = f"{self.shown()} has no property before it"
            self.fail("syntax", what, "a comparison has one property, one operator and one value, in this order")
        self.fail("query", f"{self.shown()} follows without -and or -or", "join two comparisons by -and or -or")

    def direct_reports(self) -> Tree:
        right = 'write Direct Reports for "<object id of the manager>"'
        for expected in ("direct", "reports", "for"):
            if not self.at_word(expected):
                self.fail("syntax", f"{self.shown()} where {expected} was expected", right)
            self.here += 1
        manager = self.string()
        if manager is None or not manager.value.strip():
            self.fail("syntax", "Direct Reports has no manager", right)
        if not self.at_end():
            hint = "make it a rule of its own"
            self.fail("combination", "Direct Reports cannot be combined with anything else", hint)
        self.subject = Subject.USER
        return DirectReports(manager.value)

    # --- logic --------------------------------------------------------------------------------------------------

    def either(self) -> Tree:
        return self._rest_of_either(self.both())

    def _rest_of_either(self, first: Tree) -> Tree:
        parts = [first]
        while self.keyword() == "or":
            self.here += 1
            parts.append(self.both())
        return either(*parts)

    def both(self) -> Tree:
        return self._rest_of_both(self.negated())

    def _rest_of_both(self, first: Tree) -> Tree:
        parts = [first]
        while self.keyword() == "and":
            self.here += 1
            parts.append(self.negated())
        return both(*parts)

    def negated(self) -> Tree:
        denials = 0
        while self.keyword() == "not":
            denials += 1
            self.deeper()
            self.here += 1
        tree = self.primary()
        self.depth -= denials
        for _ in range(denials):
            tree = Not(tree)
        return tree

    def primary(self) -> Tree:
        opening = self.word
        if not self.sign("("):
            return self.condition()
        self.deeper()
        tree = self.either()
        self.closing(opening)
        self.depth -= 1
        return tree

    def closing(self, opening: Token) -> None:
        if self.sign(")"):
            return
        if self.at_end():
            self.fail("syntax", "this ( is never closed", "close it with )", at=opening)
        self.unexpected()

    # --- one condition ------------------------------------------------------------------------------------------

    def condition(self) -> Tree:
        subject = self.operand()
        key = self.keyword()
        if isinstance(key, Quantifier):
            self.here += 1
            return self.quantified(subject, key)
        if key == "not":
            right = "-not negates a whole comparison: -not (user.mail -eq null), or write -ne null"
            following = self.words[self.here + 1]
            null = following.text.lower() in ("null", "$null")
            self.fail("null" if null else "syntax", "-not compares nothing", right)
        if not isinstance(key, Operator):
            self.unknown_operator()
        at = self.words[self.here - 1].at
        self.here += 1
        return self.comparison(subject, key, at)

    def operand(self) -> Property:
        token = self.word
        if self.at_end():
            before = self.text[self.words[self.here - 1].at : self.words[self.here - 1].end]
            self.fail("syntax", f"nothing follows {before}", "write a comparison there, or leave it off")
        if token.sort in (Sort.STRING, Sort.NUMBER):
            self.fail(
                "syntax", f"{self.shown()} where a property was expected", "the property comes first, then the operator"
            )
        if self.at_word("direct"):
            self.fail(
                "combination", "Direct Reports cannot be combined with anything else", "make it a rule of its own"
            )
        if token.sort is not Sort.WORD or (self.keyword() is not None and "." not in token.text):
            self.unexpected_operand()
        found = operand(self.text, token, self.collection, self.findings)
        self.of_one_subject(found, token)
        self.here += 1
        return found

    def unexpected_operand(self) -> NoReturn:
        if self.word.sort is Sort.SIGN:
            right = "a comparison has one property, one operator and one value"
            self.fail("syntax", f"{self.shown()} where a comparison was expected", right)
        right = "a comparison has one property, one operator and one value, in this order"
        self.fail("syntax", f"{self.shown()} has no comparison before it", right)

    def of_one_subject(self, found: Property, token: Token) -> None:
        if found.subject is Subject.ELEMENT:
            return
        if self.subject not in (None, found.subject):
            what = f"{token.text} in a rule that speaks of a {self.subject}"
            self.fail("scope", what, "a rule selects either users or devices", at=token)
        self.subject = found.subject

    def unknown_operator(self) -> NoReturn:
        token = self.word
        if self.at_end() or (self.at_sign(")")):
            self.fail("syntax", "an operator and a value are missing", 'write for example: user.department -eq "Sales"')
        if token.sort in (Sort.DASHED, Sort.WORD):
            self.fail(
                "syntax",
                f"{self.shown()} is no operator of membership rules",
                values.operator_hint(token.text, NONE_SUCH, WORDS),
            )
        self.fail(
            "syntax",
            f"{self.shown()} where an operator was expected",
            "a comparison has one property, one operator and one value",
        )

    def comparison(self, subject: Property, operator: Operator, at: int) -> Comparison:
        written = self.value()
        value = values.literal(self.text, subject, operator, written, self.findings)
        return Comparison(subject, operator, value, at)

    # --- values -------------------------------------------------------------------------------------------------

    def value(self) -> values.Written:
        first = self.word
        if self.at_sign("["):
            return self.list()
        if self.at_sign("("):
            self.here += 1
            self.deeper()
            written = self.value()
            self.depth -= 1
            if not isinstance(written, values.Clock):
                self.fail("syntax", "a value in brackets", "only system.now stands in brackets; lists in [ ]", at=first)
            self.closing(first)
            return written
        if first.sort is Sort.WORD and first.text.lower() == "system.now":
            return self.clock()
        if first.sort not in (Sort.STRING, Sort.NUMBER, Sort.WORD) or (self.keyword() and first.sort is Sort.WORD):
            hint = "write a text in quotation marks, true, false, null or a date"
            self.fail(
                "syntax",
                "the value is missing" if self.at_end() else f"{self.shown()} where a value was expected",
                hint,
            )
        if first.sort is Sort.WORD and first.text.lower() not in values.WORDS:
            self.fail("syntax", f"{first.text} is a text without quotation marks", f'write "{first.text}"')
        self.here += 1
        return values.One(first)

    def list(self) -> values.Many:
        opening = self.word
        self.here += 1
        items: list[Token] = []
        while True:
            token = self.word
            if self.at_end():
                self.fail("syntax", "this [ is never closed", "close it with ]", at=opening)
            if token.sort not in (Sort.STRING, Sort.NUMBER):
                self.fail("list", f"{self.shown()} where a value of the list was expected", 'write ["A", "B"]')
            items.append(token)
            self.here += 1
            if self.sign("]"):
                return values.Many(opening, tuple(items))
            if not self.sign(","):
                if self.at_end():
                    self.fail("syntax", "this [ is never closed", "close it with ]", at=opening)
                self.fail("list", f"{self.shown()} where , or ] was expected", 'write ["A", "B"]')

    def clock(self) -> values.Clock:
        first = self.word
        self.here += 1
        key = self.keyword()
        if key not in ("plus", "minus"):
            return values.Clock(first, None, 1)
        self.here += 1
        amount = self.word
        if amount.sort is not Sort.WORD:
            self.fail("syntax", "the duration is missing", "write it as ISO 8601 does: P7D, P1DT12H")
        self.here += 1
        if self.keyword() in ("plus", "minus"):
            self.fail("syntax", "durations cannot be chained", "write one: P7DT12H")
        return values.Clock(first, amount, 1 if key == "plus" else -1)

    # --- collections --------------------------------------------------------------------------------------------

    def quantified(self, collection: Property, quantifier: Quantifier) -> Tree:
        head = self.words[self.here - 2]
        quantified_property(self.text, collection, self.words[self.here - 1])
        self.collection = collection
        opening = self.word
        if self.sign("("):
            self.deeper()
            body = self.either()
            self.closing(opening)
            self.depth -= 1
        else:
            body = self.condition()
        self.collection = None
        if collection.type is Type.GROUPS:
            return self.member_of(quantifier, body, head)
        tree: Tree = Quantified(collection, quantifier, body, head.at)
        if self.keyword() not in ("and", "or"):
            return tree
        self.findings.append(
            Finding(
                "A-07",
                head.at,
                f"{quantifier} is followed by {self.shown()}; put brackets around {collection.name} {quantifier} (…)",
            )
        )
        return self.rest(tree, collection, quantifier) if self.greedy else tree

    def rest(self, tree: Tree, collection: Property, quantifier: Quantifier) -> Tree:
        """As if the rest stood inside the lambda: an element is then asked for (or excused) whatever the rest says."""
        start = self.here
        chain = self._rest_of_both(tree)
        alone = self.here == start
        before = self.here
        whole = self._rest_of_either(chain)
        if quantifier is Quantifier.ANY:
            return whole if self.here == before else both(Not(Empty(collection)), whole)
        return whole if alone else either(Empty(collection), whole)

    def member_of(self, quantifier: Quantifier, body: Tree, head: Token) -> Tree:
        match body:
            case Comparison(operator=Operator.IN, value=tuple(texts)) if quantifier is Quantifier.ANY:
                groups = tuple(text.value for text in texts)
            case Comparison(operator=Operator.EQ, value=Text(value=value)) if quantifier is Quantifier.ANY:
                groups = (value,)
            case _:
                right = 'write user.memberOf -any (group.objectId -in ["<id>"])'
                self.fail("operator", "memberOf takes nothing else", right, at=head)
        self.alone = (head.at, "memberOf")
        return MemberOf(groups, self.subject or Subject.USER)
