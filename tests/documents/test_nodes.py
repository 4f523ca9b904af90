"""YAML as nodes: scalars stay text, everything has its place, and what YAML can do beyond that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtcheck import nodes
from xtcheck.errors import Mark, Mistake, collecting
from xtcheck.nodes import Json, Mapping, Scalar, Sequence


def parsed(text: str) -> nodes.Node:
    (document,) = nodes.parse(text, "f.yml")
    return document


@pytest.mark.parametrize("text", ["on", "NO", "001234567012", "1e3", "2026-01-01", "0x1f", "1:30", "="])
def test_a_scalar_keeps_its_source_text(text: str) -> None:
    node = parsed(f"- {text}")
    assert isinstance(node, Sequence)
    assert [getattr(item, "text", None) for item in node.items] == [text]


@pytest.mark.parametrize(
    "text, plain", [("null", True), ("'null'", False), ('"null"', False), ("|\n  null", False), (">\n  null", False)]
)
def test_plain_scalars_are_told_from_quoted_ones(text: str, plain: bool) -> None:  # noqa: FBT001
    node = parsed(f"a: {text}\n")
    assert isinstance(node, Mapping)
    value = node.get("a")
    assert isinstance(value, Scalar)
    assert value.plain is plain


@pytest.mark.parametrize(
    "text, value",
    [
        ("null", None), ("~", None), ("", None), ("'null'", "null"), ("true", True), ("'true'", "true"), ("yes", "yes"),
        ("3", 3), ("-3", -3), ("'3'", "3"), ("1_0", "1_0"), ("0.5", 0.5), ("1e3", 1000.0), ("1e999", "1e999"),
        ("nan", "nan"), ("infinity", "infinity"), ("[1, a]", [1, "a"]), ("{b: false}", {"b": False}),
    ],
)  # fmt: skip
def test_plain_json_reads_scalars_by_the_core_schema(text: str, value: Json) -> None:
    assert nodes.plain_json(parsed(f"a: {text}\n")) == {"a": value}


def test_every_node_has_line_and_column() -> None:
    node = parsed("a: b\nc:\n  - d\n")
    assert isinstance(node, Mapping)
    marks = [node.mark] + [part.mark for entry in node.entries for part in entry]
    assert marks == [Mark("f.yml", *at) for at in ((1, 1), (1, 1), (1, 4), (2, 1), (3, 3))]


def test_empty_documents_are_left_out() -> None:
    assert len(nodes.parse("---\n# nothing\n---\na: b\n---\n", "f.yml")) == 1


BLANKS = "indent with blanks and quote values that begin with a special character"
BRACKET = "close the bracket, or quote a value in it that holds ${…}"
BOMB = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10 if i else ['x'])}]" for i in range(9))


@pytest.mark.parametrize(
    "text, said",
    [
        ("a: b\na: c\n", "2:1: the key 'a' stands twice (first at line 1); keep one"),
        ("a: !env b\n", "1:4: the tag '!env' has no meaning here; remove it"),
        ("a: !x [b]\n", "1:4: the tag '!x' has no meaning here; remove it"),
        ("!!set {a}\n", "1:1: the tag '!!set' has no meaning here; remove it"),
        ("a: !!binary eA==\n", "1:4: the tag '!!binary' has no meaning here; remove it"),
        ("!!python/object:os.system {}\n", "1:1: the tag '!!python/object:os.system' has no meaning here; remove it"),
        ("<<: {a: b}\n", "1:1: merge keys are not supported; write the entries out"),
        ("? [a]\n: b\n", "1:3: a key must be a single word or text; write key: value"),
        ("a: *b\n", "1:4: not YAML: found undefined alias; mend the YAML syntax"),
        (BOMB, "6:55: the document holds more than 200000 values; split it (anchors that multiply?)"),
        ("a: &a [*a]\n", "1:4: the document nests deeper than 50 levels; flatten it (an anchor that contains itself?)"),
        ("a: {b: ${env.X}}\n", f"1:9: not YAML: did not find expected ',' or '}}'; {BRACKET}"),
        ("a:\n\t- b\n", f"2:1: not YAML: found character that cannot start any token; {BLANKS}"),
    ],
    ids=[
        "duplicate-key", "tag", "tag-on-list", "tag-set", "tag-binary", "tag-python", "merge-key", "list-as-key",
        "unknown-alias", "anchor-bomb", "anchor-in-itself", "bare-variable", "tab",
    ],
)  # fmt: skip
def test_what_yaml_can_do_beyond_plain_values_is_a_mistake(text: str, said: str) -> None:
    with pytest.raises(Mistake) as raised:
        nodes.parse(text, "f.yml")
    assert str(raised.value) == f"f.yml:{said}"


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, "{a: " * 100_000 + "}" * 100_000, "- " * 100_000])
def test_a_document_of_any_depth_is_refused_without_ending_the_process(text: str) -> None:
    with pytest.raises(Mistake, match="nests deeper than 50 levels"):
        nodes.parse(text, "f.yml")


@pytest.mark.parametrize(
    "raw, said",
    [
        (b"a: \xff\n", "f.yml:1:1: the file is not UTF-8; save it as UTF-8"),
        ("a: b\n".encode("utf-16"), "f.yml:1:1: the file is not UTF-8; save it as UTF-8"),
    ],
    ids=["latin-1", "utf-16"],
)
def test_a_file_that_is_not_utf_8_is_a_mistake(tmp_path: Path, raw: bytes, said: str) -> None:
    (tmp_path / "f.yml").write_bytes(raw)
    with pytest.raises(Mistake) as raised:
        nodes.load(tmp_path / "f.yml", "f.yml")
    assert str(raised.value) == said


def test_a_file_that_is_missing_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(Mistake) as raised:
        nodes.load(tmp_path / "f.yml", "f.yml")
    assert str(raised.value).startswith("f.yml:1:1: cannot read the file: No such file")


@pytest.mark.parametrize("raw", [b"a: b\r\nc: d\r\n", b"\xef\xbb\xbfa: b\nc: d\n"], ids=["crlf", "bom"])
def test_line_ends_and_byte_order_marks_do_not_matter(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "f.yml").write_bytes(raw)
    (document,) = nodes.load(tmp_path / "f.yml", "f.yml")
    assert nodes.plain_json(document) == {"a": "b", "c": "d"}


def test_a_secret_variable_keeps_its_name_in_what_is_shown() -> None:
    values = {"secret": ("hunter2", True), "open": ("there", False)}
    node = nodes.substitute(parsed("${open}-${secret}"), lambda name, _mark: values[name])
    assert isinstance(node, Scalar)
    assert (node.text, node.shown) == ("there-hunter2", "there-${secret}")


def test_a_variable_whose_value_looks_like_one_is_not_replaced_again() -> None:
    node = nodes.substitute(parsed("${a}"), lambda _name, _mark: ("${b}", False))
    assert isinstance(node, Scalar)
    assert node.text == "${b}"


@given(st.text(max_size=60))
def test_parsing_any_text_gives_nodes_or_a_mistake(text: str) -> None:
    mistakes: list[Mistake] = []
    with collecting(mistakes):
        nodes.parse(text, "f.yml")
    assert all(str(mistake).startswith("f.yml:") and "\n" not in str(mistake) for mistake in mistakes)


TREES = st.recursive(
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(TREES)
def test_json_is_yaml(tree: Json) -> None:
    import json

    (document,) = nodes.parse(json.dumps({"a": tree}, ensure_ascii=False), "f.yml")
    assert nodes.plain_json(document) == {"a": tree}
