"""Laws of mapping expressions: printing and parsing, tables and rows, comparing; and what the page has no form for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.languages.test_expressions_page import CASES, NOW
from tests.languages.trees import NAMES, SOURCES, TEXTS, trees, vectorised
from tests.model.test_samples import sample
from xtcheck.errors import XtcheckError
from xtcheck.languages.expressions import (
    NULL,
    Context,
    Expression,
    ExpressionError,
    Undetermined,
    constant,
    direct,
    graph,
    parse,
)
from xtcheck.languages.expressions.comparison import Different, Same, Unproved, agree, compare
from xtcheck.languages.expressions.register import ITEMS, OPEN
from xtcheck.languages.expressions.run import of_json
from xtcheck.languages.expressions.tree import Comparison, Constant, Word, walk
from xtcheck.sandbox.graph.templates import synchronization_template

Json = Any
Law = Callable[..., None]

EXPRESSIONS = trees().map(Expression)
LARGER = trees(3).map(Expression)
ROWS = st.lists(SOURCES, min_size=1, max_size=6)
SETTLED = st.fixed_dictionaries(
    {}, optional={item.id: st.sampled_from([*item.readings, OPEN]) for item in ITEMS if item.readings}
)
PCASE = "PCase([a])"
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much]


def law(examples: int | None = None) -> Callable[[Law], Law]:
    """A property; those at the end of this file try many more examples, in ``make soak``."""

    def decorate(function: Law) -> Law:
        given = settings(suppress_health_check=SLOW)
        return (settings(given, max_examples=examples) if examples else given)(function)

    return decorate


# --- parsing and printing --------------------------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        *(
            "Append",
            "IIF",
            "Switch",
            "Replace",
            "(",
            ")",
            ",",
            "[",
            "]",
            '"',
            "\\",
            "=",
            "<>",
            "a",
            " ",
            "1",
            "“",
            "&H",
        ),
        *("[a]", '"b"', "vbTextCompare", "Now()", "é", "\n"),
    ]
)
ARBITRARY = st.text() | st.lists(PIECES, max_size=14).map("".join)


def parses_or_says_why(text: str) -> None:
    try:
        found = parse(text)
    except ExpressionError as error:
        wrong = error
    else:
        assert parse(str(found)) == found
        return
    assert (wrong.line >= 1, wrong.column >= 1) == (True, True)
    assert wrong.wrong
    assert "\n" not in str(wrong)


@law()
@given(text=ARBITRARY)
def test_any_text_is_parsed_or_refused_with_a_reason(text: str) -> None:
    parses_or_says_why(text)


@law()
@given(expression=LARGER)
def test_what_is_printed_parses_to_the_same(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@law()
@given(expression=LARGER)
def test_what_graph_keeps_is_read_to_the_same(expression: Expression) -> None:
    assume(not any(isinstance(node, Comparison | Word) for node in walk(expression.tree)))
    source = graph.source(expression)
    again = graph.expression(source)
    assert isinstance(compare(again, expression), Same)
    assert graph.disagreement(source) == ""
    assert graph.source(again)["parameters"] == source["parameters"]


def test_the_length_is_limited_and_so_is_the_depth() -> None:
    longest = f'Append("{"x" * 9_984}", "y")'
    assert len(longest) == 10_000 - 1
    parse(longest + " ")
    with pytest.raises(ExpressionError, match=r"has 10,001 characters; at most 10,000 are allowed"):
        parse(longest + "  ")
    with pytest.raises(ExpressionError, match="more than 100 deep"):
        parse("ToLower(" * 500)


def test_an_error_of_an_expression_is_one_of_the_tree_of_errors() -> None:
    assert issubclass(ExpressionError, XtcheckError)


# --- Graph -----------------------------------------------------------------------------------------------------------


def mapped(schema: Json) -> list[Json]:
    """The sources of all attribute mappings of a schema; stubs of disabled mappings have none."""
    return [
        attribute["source"]
        for rule in schema["synchronizationRules"]
        for mapping in rule["objectMappings"]
        for attribute in mapping["attributeMappings"]
        if attribute["source"] is not None
    ]


REAL = {
    json.dumps(source, sort_keys=True): source
    for schema in (sample("schema_azure2azure"), synchronization_template("Azure2Azure")["schema"])
    for source in mapped(schema)
}


@pytest.mark.parametrize("source", REAL.values(), ids=lambda source: source["expression"])
def test_every_real_mapping_is_read_and_printed_as_it_was(source: Json) -> None:
    found = graph.expression(source)
    assert str(found) == source["expression"]
    assert graph.source(found) == source
    assert graph.disagreement(source) == ""


DELETED = {"type": "Attribute", "name": "IsSoftDeleted", "expression": "[IsSoftDeleted]", "parameters": []}
NOT: Json = {
    "expression": "Not([IsSoftDeleted])",
    "name": "Not",
    "type": "Function",
    "parameters": [{"key": "source", "value": DELETED}],
}
"""An example of learn.microsoft.com/graph/api/resources/synchronization-attributemapping."""
REPLACE = {
    "type": "Function", "name": "Replace", "expression": 'Replace([a], "-", , , "_", , )',
    "parameters": [
        {"key": "source", "value": {"type": "Attribute", "name": "a", "expression": "[a]"}},
        {"key": "Find", "value": {"type": "Constant", "name": "-", "expression": '"-"', "parameters": None}},
        {"key": "Replacement", "value": {"type": "Constant", "name": "_", "expression": '"_"', "parameters": None}},
    ],
}  # fmt: skip
"""Omitted arguments have no entry, and the keys are Graph's own."""


@pytest.mark.parametrize("source", [NOT, REPLACE], ids=["Not", "Replace"])
def test_a_documented_tree_agrees_with_its_text(source: Json) -> None:
    assert graph.disagreement(source) == ""
    written = graph.source(graph.expression(source))
    assert [entry["key"] for entry in written["parameters"]] == [entry["key"] for entry in source["parameters"]]


@pytest.mark.parametrize(
    "change, said",
    [
        ({"name": "ToLower"}, "the text has Function 'Not', the tree 'Function ToLower'"),
        ({"parameters": NOT["parameters"] * 2}, "the text gives Not 1 arguments, the tree 2"),
        (
            {"parameters": [{"key": "source", "value": {"type": "Attribute", "name": "mail"}}]},
            "the text has Attribute 'IsSoftDeleted', the tree 'Attribute mail'",
        ),
        ({"parameters": [{"key": "source"}]}, "the text has Attribute 'IsSoftDeleted', the tree 'nothing'"),
        ({"parameters": []}, ""),
        ({"parameters": None, "name": None}, ""),
    ],
)
def test_a_tree_that_says_something_else_than_its_text_is_noticed(change: Json, said: str) -> None:
    assert graph.disagreement({**NOT, **change}) == said


@pytest.mark.parametrize("empty", [None, {"type": "Constant", "name": "", "expression": '""'}])
def test_an_argument_that_was_left_out_may_have_an_empty_entry(empty: Json) -> None:
    attribute = {"type": "Attribute", "name": "a", "expression": "[a]"}
    values = [attribute, empty, {"type": "Constant", "name": "1"}, {"type": "Constant", "name": "True"}]
    source: Json = {"type": "Function", "name": "Switch", "expression": 'Switch([a], , "1", "True")',
              "parameters": [{"key": "x", "value": value} for value in values]}  # fmt: skip
    assert graph.disagreement(source) == ""
    source["parameters"][1]["value"] = attribute
    assert graph.disagreement(source) == "the text leaves out an argument of Switch that the tree has"


def test_a_source_of_another_shape_is_refused() -> None:
    for source in (None, {}, {"type": "Guess", "expression": "x"}, {"type": "Constant"}):
        with pytest.raises(ExpressionError, match="another shape than documented"):
            graph.expression(source)


def test_a_constant_of_graph_may_lack_its_quotation_marks() -> None:
    assert graph.expression({"type": "Constant", "expression": "true"}) == constant("true")
    assert graph.expression({"type": "Constant", "expression": r'"a\"b"'}) == constant('a"b')


def test_what_graph_keeps_of_a_comparison_is_not_guessed() -> None:
    with pytest.raises(XtcheckError, match="is not documented"):
        graph.source(parse('IIF([a] = "b", "c", "d")'))


# --- evaluating ------------------------------------------------------------------------------------------------------


def test_an_answer_that_is_not_determined_is_neither_true_nor_false() -> None:
    found = parse('Append([a], "b")').evaluate({})
    with pytest.raises(XtcheckError, match="neither yes nor no"):
        bool(found)
    assert str(found) == "undetermined: B-02 null_argument"
    assert not NULL


def test_now_is_not_guessed() -> None:
    assert parse("Now()").evaluate({}) == Undetermined(frozenset({"now"}))
    assert parse("Now()").evaluate({}, now=datetime(2026, 1, 2, 13, 4, 5, tzinfo=UTC)) == "1/2/2026 1:04:05 PM"


def test_the_default_domain_is_the_one_of_both_tenants_or_of_the_one_that_a_policy_means() -> None:
    expression = parse("DefaultDomain()")
    both = Context("one.com", "two.com")
    assert expression.evaluate({}, context=both) == Undetermined(frozenset({"B-04"}))
    assert expression.evaluate({}, context=both, semantics={"default_domain": "target"}) == "two.com"
    assert expression.evaluate({}, context=Context("one.com", "one.com")) == "one.com"


@pytest.mark.parametrize("value", [{"a": 1}, [{"a": 1}], [["x"]]], ids=repr)
def test_an_object_is_no_value(value: Json) -> None:
    assert of_json(value) == Undetermined(frozenset({"reference"}))


def test_a_reference_is_its_id_and_a_number_its_digits() -> None:
    assert direct("manager").evaluate({"manager": {"id": "x", "displayName": "Nikki"}}) == "x"
    assert direct("a").evaluate({"a": 2.0}) == "2"
    assert direct("a").evaluate({"a": 2.5}) == "2.5"


@pytest.mark.parametrize(
    "semantics, said",
    [
        ({"nul_argument": "empty"}, "unknown item 'nul_argument'; did you mean 'null_argument'?"),
        ({"null_argument": "empt"}, "'empt' is no reading of null_argument (B-02); did you mean 'empty'?"),
    ],
)
def test_a_policy_settles_only_what_the_register_has(semantics: dict[str, str], said: str) -> None:
    with pytest.raises(XtcheckError) as caught:
        parse("Now()").evaluate({}, semantics=semantics)
    assert str(caught.value) == f"semantics: {said}"


@law()
@given(expression=EXPRESSIONS, source=SOURCES, semantics=SETTLED)
def test_every_expression_yields_something_of_every_source(
    expression: Expression, source: Json, semantics: dict[str, str]
) -> None:
    found = expression.evaluate(source, now=NOW, semantics=semantics)
    assert agree(found, found) or isinstance(found, Undetermined)


@law()
@given(expression=EXPRESSIONS, source=SOURCES, semantics=SETTLED)
def test_settling_items_never_changes_an_answer_without_assumptions(
    expression: Expression, source: Json, semantics: dict[str, str]
) -> None:
    before = expression.outcome(source, now=NOW)
    assume(not before.assumed and not isinstance(before.value, Undetermined))
    after = expression.evaluate(source, now=NOW, semantics=semantics)
    assert after == before.value


@law()
@given(text=st.text("aB1'- _é", max_size=8), separators=st.sampled_from([None, " ", "-'"]))
def test_words_in_proper_case_are_found_alike_with_and_without_the_short_way(text: str, separators: str | None) -> None:
    source = PCASE if separators is None else f'PCase([a], "{separators}")'
    plain = parse(source).evaluate({"a": text})
    # A letter beyond ASCII, far from the others, takes the long way.
    long = parse(source).evaluate({"a": f"{text} \u00df"})
    assert isinstance(plain, Undetermined) == isinstance(long, Undetermined)
    assert isinstance(plain, Undetermined) or long == f"{plain} \u00df"


# --- tables ----------------------------------------------------------------------------------------------------------


def table(rows: list[Json], names: tuple[str, ...]) -> pl.DataFrame | None:
    """The rows as columns, when each column has one type."""
    columns = []
    for name in names:
        values = [row[name] for row in rows]
        kinds = {type(value) for value in values if value is not None}
        if len(kinds) > 1:
            return None
        empty: dict[type, Any] = {list: pl.List(pl.String), dict: pl.Struct({"id": pl.String})}
        kind = next(iter(kinds), str)
        types = {str: pl.String, bool: pl.Boolean, int: pl.Int64}
        columns.append(pl.Series(name, values, dtype=types.get(kind) or empty[kind]))
    return pl.DataFrame(columns)


def same_by_row(expression: Expression, rows: list[Json], semantics: dict[str, str]) -> None:
    found = table(rows, NAMES)
    assume(found is not None)
    assert found is not None
    found = found.with_columns(pl.lit(None, dtype=pl.List(pl.String)).alias("appRoleAssignments"))
    columns = expression.columns(found, now=NOW, semantics=semantics)
    assert len(columns) == len(rows)
    single = [expression.evaluate({**row, "appRoleAssignments": None}, now=NOW, semantics=semantics) for row in rows]
    assert [columns.at(row) for row in range(len(rows))] == single


def of_one_type() -> st.SearchStrategy[list[Json]]:
    """Rows in which each attribute has values of one type, as a table has them."""
    kinds = (TEXTS, TEXTS, TEXTS, st.booleans(), st.integers(-5, 5), st.lists(TEXTS, max_size=3))
    chosen = st.tuples(*(st.sampled_from(kinds) for _ in NAMES))

    def rows(values: tuple[st.SearchStrategy[Json], ...]) -> st.SearchStrategy[list[Json]]:
        pairs = {name: st.none() | value for name, value in zip(NAMES, values, strict=True)}
        return st.lists(st.fixed_dictionaries(pairs), min_size=1, max_size=6)

    return chosen.flatmap(rows)


@law()
@given(expression=EXPRESSIONS, rows=of_one_type(), semantics=SETTLED)
def test_a_table_yields_what_its_rows_do(expression: Expression, rows: list[Json], semantics: dict[str, str]) -> None:
    same_by_row(expression, rows, semantics)


@law()
@given(text=vectorised(), rows=of_one_type(), semantics=SETTLED)
def test_what_a_table_computes_in_its_own_way_yields_what_its_rows_do(
    text: str, rows: list[Json], semantics: dict[str, str]
) -> None:
    same_by_row(parse(text), rows, semantics)


@pytest.mark.parametrize("expression", dict.fromkeys(case.expression for case in CASES))
def test_the_cases_of_the_page_yield_the_same_as_tables(expression: str) -> None:
    found = parse(expression)
    rows = [{**dict.fromkeys(found.attributes), **case.source} for case in CASES if case.expression == expression]
    assume_same(found, rows)


def assume_same(found: Expression, rows: list[Json]) -> None:
    """Rows of one type at a time: those of a case with a list or a number stand alone."""
    for row in rows:
        one = table([{name: row[name] for name in found.attributes}], found.attributes) if found.attributes else None
        columns = found.columns(pl.DataFrame({"other": ["x"]}) if one is None else one, now=NOW)
        assert columns.at(0) == found.evaluate({name: row[name] for name in found.attributes}, now=NOW)


def test_a_pattern_that_is_too_slow_is_not_tried_for_everybody() -> None:
    rows = pl.DataFrame({"a": [f"{'a' * 40}!{number}" for number in range(60)]})
    columns = parse('Replace([a], , "(?:a|aa)+$", , "", , )').columns(rows)
    assert columns.results == (Undetermined(frozenset({"B-25"})),)
    assert len(columns.rows) == len(rows)


A60 = "a" * 60


@pytest.mark.parametrize(
    "text",
    [
        "[a]",
        'Append([a], "x")',
        'Join([a], "x", "y")',
        f'Replace([a], "a", , , "{A60}", , )',
        f'Replace([a], , "a", , "{A60}", , )',
        f'Replace([a], , "(?<n>a)", "n", "{A60}", , )',
        f'Replace(Append([a], ""), "a", , , Replace("{A60}", "a", , , "{A60}", , ), , )',
        'Replace([a], "x", , , , , "xx")',
        "Append(ToLower([a]), ToUpper([a]))",
        "ConvertToBase64([a])",
        "ConvertToUTF8Hex([a])",
        'Left(Append([a], "x"), 5)',
    ],
)
def test_a_text_becomes_no_longer_than_is_evaluated_here(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a shorter limit: a pattern that looks through a million letters may run out of its time."""
    for module in ("lengths", "vectors"):
        monkeypatch.setattr(f"xtcheck.languages.expressions.{module}.LONGEST", 10_000)
    found = parse(text)
    rows: list[Json] = [{"a": "a" * length} for length in (1, 200, 4_000, 9_999, 10_000)]
    rows.append({"a": "é" * 6_000})
    columns = found.columns(pl.DataFrame(rows))
    single = [found.evaluate(row) for row in rows]
    assert [columns.at(row) for row in range(len(rows))] == single
    too_long = Undetermined(frozenset({"length"}))
    assert (single[4] == too_long) is (text != "[a]")
    assert isinstance(single[0], str)


def test_what_would_be_longer_than_memory_is_not_made() -> None:
    text = "[a]"
    for _ in range(6):
        text = f'Replace({text}, "a", , , "{A60}", , )'
    columns = parse(text).columns(pl.DataFrame({"a": ["a", "b"]}))
    assert [columns.at(0), columns.at(1)] == [Undetermined(frozenset({"length"})), "b"]


def test_what_was_not_read_is_not_null() -> None:
    with pytest.raises(XtcheckError, match="no column for department: what was not read is not null"):
        parse('Append([department], "x")').columns(pl.DataFrame({"displayName": ["Ana"]}))


def test_a_table_without_rows_yields_none() -> None:
    found = pl.DataFrame({"a": pl.Series([], dtype=pl.String)})
    for text in ("[a]", '"x"', 'Append([a], "x")', "PCase([a])", "Guid()"):
        assert len(parse(text).columns(found)) == 0


def test_words_of_a_dictionary_are_texts() -> None:
    found = pl.DataFrame({"a": pl.Series(["x", None, "y"], dtype=pl.Categorical)})
    columns = parse('Coalesce([a], "none")').columns(found)
    assert columns.text.to_list() == ["x", "none", "y"]


# --- comparing -------------------------------------------------------------------------------------------------------


def compares_truly(one: Expression, other: Expression, sources: list[Json]) -> None:
    """Comparing has no direction, a witness is true, and the same tree yields the same."""
    found, back = compare(one, other, now=NOW), compare(other, one, now=NOW)
    assert type(found) is type(back)
    match found:
        case Different(witness, first, second):
            assert one.evaluate(witness, now=NOW) == first
            assert other.evaluate(witness, now=NOW) == second
            assert not isinstance(first, Undetermined)
            assert not isinstance(second, Undetermined)
            assert not agree(first, second)
        case Same():
            for source in sources:
                assert one.evaluate(source, now=NOW) == other.evaluate(source, now=NOW)
        case Unproved(inputs, items):
            assert inputs or items


@law()
@given(one=EXPRESSIONS, other=EXPRESSIONS, sources=ROWS)
def test_comparing_has_no_direction_and_its_witnesses_are_true(
    one: Expression, other: Expression, sources: list[Json]
) -> None:
    compares_truly(one, other, sources)


@law()
@given(expression=LARGER, sources=ROWS)
def test_an_expression_is_the_same_as_itself_and_as_its_normal_form(
    expression: Expression, sources: list[Json]
) -> None:
    from xtcheck.languages.expressions.normal import normal

    compares_truly(expression, Expression(normal(expression.tree)), sources)
    assert isinstance(compare(expression, Expression(normal(expression.tree))), Same)
    assert normal(normal(expression.tree)) == normal(expression.tree)


def test_a_user_of_the_tenant_may_be_the_witness() -> None:
    one, other = parse('Replace([a], "Xq", , , "")'), parse("Trim([a])")
    assert isinstance(compare(one, one), Same)
    found = compare(one, other, samples=[{"a": "aXqb", "mail": "x"}])
    assert found == Different({"a": "aXqb"}, "ab", "aXqb")


def test_a_witness_does_not_rest_on_an_assumption() -> None:
    one, other = parse('Join("", [a], "x")'), parse('Append(Coalesce([a], "null"), "x")')
    assert one.outcome({"a": None}).assumed == {"B-07"}
    found = compare(one, other)
    assert isinstance(found, Unproved)
    assert found.items >= {"B-07"}


def test_nothing_is_the_same_by_sampling_alone() -> None:
    found = compare(parse("Coalesce([a])"), direct("a"))
    assert isinstance(found, Unproved)
    assert found.inputs > 50


def test_a_constant_is_folded_only_when_nothing_is_assumed() -> None:
    assert compare(parse('Append("a", "b")'), constant("ab")) == Same()
    assert compare(parse('Split("a, b", ",")'), constant("a")) == Unproved(0, frozenset({"B-10"}))
    assert Expression(Constant("x")) == constant("x")


# --- for minutes, in make soak ---------------------------------------------------------------------------------------


@pytest.mark.soak
@law(10_000)
@given(text=ARBITRARY)
def test_any_text_is_parsed_or_refused_for_long(text: str) -> None:
    parses_or_says_why(text)


@pytest.mark.soak
@law(10_000)
@given(expression=LARGER, rows=of_one_type(), semantics=SETTLED)
def test_a_table_yields_what_its_rows_do_for_long(
    expression: Expression, rows: list[Json], semantics: dict[str, str]
) -> None:
    same_by_row(expression, rows, semantics)


@pytest.mark.soak
@law(10_000)
@given(text=vectorised(), rows=of_one_type(), semantics=SETTLED)
def test_what_a_table_computes_in_its_own_way_for_long(text: str, rows: list[Json], semantics: dict[str, str]) -> None:
    same_by_row(parse(text), rows, semantics)


@pytest.mark.soak
@law(3_000)
@given(one=LARGER, other=LARGER, sources=ROWS)
def test_comparing_is_true_for_long(one: Expression, other: Expression, sources: list[Json]) -> None:
    compares_truly(one, other, sources)
