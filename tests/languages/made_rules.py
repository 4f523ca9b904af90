"""Rules and users made at random: few words, so that rules meet users, and odd ones, so that they meet in odd ways."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Json = Any

LETTERS = ["a", "b", "A", "B", "-"]
ODD = [
    "ß",
    "ẞ",
    "ss",
    "\u017f",
    "\u212a",
    "k",
    "\u0130",
    "\u0131",
    "i",
    "é",
    "É",
    "\u03c3",
    "\u03c2",
    "\n",
    " ",
    "1",
    "_",
    "日",
    "😀",
    "\ufb01",
    "fi",
]
PLAIN_PATTERNS = [
    "a",
    "^a",
    "b$",
    "^ab$",
    "a|b",
    "^(a|b)*$",
    "a.b",
    "[a-b]+-",
    "^$",
    "(?:ab){2}",
    r"\.",
    "[^a]",
    "^.$",
    "a*?b",
]
ODD_PATTERNS = [
    r"\w",
    r"\d$",
    r"^\s",
    r"\bab\b",
    "(?=a)ab",
    r"(a)\1",
    "k",
    "ß",
    "i",
    "(a+)+b",
    "^[^k]+$",
    r"\W",
    "é",
    "[s-z]",
]
TEXTS = ["user.department", "user.city", "user.objectId", "user.extensionAttribute3", "user.telephoneNumber"]
DATES = ["2024-02-29T00:00:00Z", "2026-01-01T12:00:00+02:00"]
MOVING = ["system.now", "system.now -plus P1D", "system.now -minus P2D"]
OPERATORS = ["-eq", "-ne", "-startsWith", "-notStartsWith", "-endsWith", "-notEndsWith", "-contains", "-notContains"]
FIELDS = ["service", "capabilityStatus"]


def words(letters: list[str], most: int = 3) -> st.SearchStrategy[str]:
    """Short texts."""
    return st.lists(st.sampled_from(letters), min_size=1, max_size=most).map("".join)


def quoted(text: str) -> str:
    """A string literal."""
    return '"' + text.replace('"', '`"') + '"'


@st.composite
def text_comparisons(draw: st.DrawFn, operand: str, letters: list[str], patterns: list[str]) -> str:
    """One comparison of a text."""
    kind = draw(st.sampled_from(["literal", "literal", "list", "match", "null"]))
    match kind:
        case "literal":
            return f"{operand} {draw(st.sampled_from(OPERATORS))} {quoted(draw(words(letters)))}"
        case "list":
            values = draw(st.lists(words(letters), min_size=1, max_size=3))
            return f"{operand} {draw(st.sampled_from(['-in', '-notIn']))} [{', '.join(map(quoted, values))}]"
        case "match":
            return (
                f"{operand} {draw(st.sampled_from(['-match', '-notMatch']))} {quoted(draw(st.sampled_from(patterns)))}"
            )
        case _:
            return f"{operand} {draw(st.sampled_from(['-eq', '-ne']))} null"


@st.composite
def comparisons(draw: st.DrawFn, letters: list[str], patterns: list[str], texts: list[str]) -> str:
    """One comparison, or a question about a collection."""
    kind = draw(st.sampled_from(["text", "text", "text", "boolean", "date", "strings", "plans"]))
    match kind:
        case "text":
            return draw(text_comparisons(draw(st.sampled_from(texts)), letters, patterns))
        case "boolean":
            operator, value = draw(st.sampled_from(["-eq", "-ne"])), draw(st.sampled_from(["true", "false", "null"]))
            return f"user.dirSyncEnabled {operator} {value}"
        case "date":
            return (
                f"user.employeeHireDate {draw(st.sampled_from(['-ge', '-le']))} {draw(st.sampled_from(DATES + MOVING))}"
            )
        case "strings":
            body = joined(text_comparisons("_", letters, patterns))
            return f"(user.proxyAddresses {draw(st.sampled_from(['-any', '-all']))} ({draw(body)}))"
        case _:
            field = st.sampled_from(FIELDS).flatmap(
                lambda name: text_comparisons(f"assignedPlan.{name}", letters, patterns)
            )
            return f"(user.assignedPlans {draw(st.sampled_from(['-any', '-all']))} ({draw(joined(field))}))"


def joined(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Parts with -and, -or and -not."""
    return st.recursive(
        parts,
        lambda inner: st.one_of(
            st.builds("({} -and {})".format, inner, inner),
            st.builds("({} -or {})".format, inner, inner),
            st.builds("(-not {})".format, inner.map("({})".format)),
        ),
        max_leaves=4,
    )


def rules(
    letters: list[str] = [*LETTERS, *ODD],  # noqa: B006
    patterns: list[str] = [*PLAIN_PATTERNS, *ODD_PATTERNS],  # noqa: B006
    texts: list[str] = TEXTS,
) -> st.SearchStrategy[str]:
    """Whole rules."""
    return joined(comparisons(letters, patterns, texts))


def values(letters: list[str] = [*LETTERS, *ODD]) -> st.SearchStrategy[str | None]:  # noqa: B006
    """Values of a text."""
    return st.one_of(st.none(), st.just(""), words(letters, 5))


ONE_LINE = [each for each in [*LETTERS, *ODD] if each != "\n"]
"""Addresses and plans hold no line break."""


def users() -> st.SearchStrategy[dict[str, Json]]:
    """Users as Graph shows them, with every property that the rules above ask for."""
    plan = st.fixed_dictionaries({"servicePlanId": st.none(), **{name: values(ONE_LINE) for name in FIELDS}})
    return st.fixed_dictionaries(
        {
            "id": words([*LETTERS, *ODD], 5),
            "department": values(),
            "city": values(),
            "businessPhones": st.one_of(st.none(), st.lists(words([*LETTERS, *ODD]), max_size=1)),
            "onPremisesExtensionAttributes": st.one_of(
                st.none(), st.fixed_dictionaries({"extensionAttribute3": values()})
            ),
            "onPremisesSyncEnabled": st.sampled_from([True, False, None]),
            "employeeHireDate": st.sampled_from(
                [None, "2024-02-29T00:00:00Z", "2024-02-28T23:59:59.5Z", "2026-01-01T10:00:00Z", "2026-05-01T00:00:00Z"]
            ),
            "proxyAddresses": st.one_of(st.none(), st.lists(words(ONE_LINE, 5), max_size=3)),
            "assignedPlans": st.one_of(st.none(), st.lists(plan, max_size=3)),
        }
    )
