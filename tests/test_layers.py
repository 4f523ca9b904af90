"""Dependencies point one way: the table says who may import whom, and the imports of every module are walked."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "xtcheck"


class Layer(NamedTuple):
    """One module or package of xtcheck, what it may import of the rest (rows above it), and why it stands there."""

    name: str
    may_import: str
    sentence: str


WORDS = (
    "errors private interruption hiding nodes paths answers sources evidence safety settling shapes writing estate "
    "connection properties tables rows model"
)
LAYERS = (
    Layer("sandbox", "", "Emulates the services from their documentation alone, so that it can disagree with us."),
    Layer("errors", "", "The one tree of errors: everybody may fail."),
    Layer("private", "", "Files for this user alone: whoever writes down what was read opens them here."),
    Layer("interruption", "", "How a run is ended from outside: for whoever begins one."),
    Layer("hiding", "", "What is shown by its name only: for whoever quotes a service, or tells of a value."),
    Layer("arguments", "", "What an option may be given: for whoever has a command line."),
    Layer("languages", "errors", "The two languages of Entra ID by meaning; they know no policy and no world."),
    Layer("nodes", "errors", "YAML with places; knows nothing of what a document means."),
    Layer("paths", "errors", "One place in a JSON document; knows nothing of whose document it is."),
    Layer("answers", "errors", "What is asked of a service and what it said; the only words that clients need."),
    Layer("sources", "", "How objects are asked for: words for the tables, and for whoever makes requests of them."),
    Layer("safety", "", "What may be lost by putting something right: words for the tables and for whoever writes."),
    Layer("settling", "", "What time may still put right: for whoever looks at what a service makes of something."),
    Layer(
        "writing",
        "",
        "What a service is told to change and what it said: apart from answers, for readers need no such words.",
    ),
    Layer("shapes", "", "How objects are written, as data: the tables say it, and only remediation obeys."),
    Layer("evidence", "errors answers", "What was found of one object: the words between reading and judging."),
    Layer("estate", "errors", "Who is declared, without any way in."),
    Layer("connection", "errors", "The way in, without anything that is declared to be true there."),
    Layer("properties", "", "What JSON a property of Graph is, and what column it makes."),
    Layer(
        "tables",
        "errors private properties",
        "Large collections as columns on disk: whoever reads or judges them scans the same.",
    ),
    Layer(
        "rows",
        "errors nodes answers sources evidence safety settling shapes estate",
        "What can be declared and checked, of which objects: the words that the tables are written in.",
    ),
    Layer(
        "model",
        "errors answers sources evidence safety settling shapes estate rows",
        "What is stated and what came of it, and the one face of all these words: what all else speaks of.",
    ),
    Layer("values", f"{WORDS} languages", "How one value is written, read and compared: what rows are made of."),
    Layer(
        "provisioned",
        f"{WORDS} languages values",
        "What a job should have made of people: on columns, for whichever services.",
    ),
    Layer(
        "kinds",
        f"{WORDS} languages values provisioned",
        "The tables: adding what can be checked touches nothing below them.",
    ),
    Layer("permissions", WORDS, "What reading a kind needs follows from the vocabulary alone, for whichever table."),
    Layer("iam", WORDS, "The policy that AWS wants, from the actions that reading needs."),
    Layer(
        "resolution", f"{WORDS} values permissions", "Which requests tell of which objects: for reading and judging."
    ),
    Layer("forecast", f"{WORDS} resolution", "What reading will cost, from references alone: nothing is asked for it."),
    Layer("policy", f"{WORDS} values kinds", "What must be true: from YAML to checks by the tables, offline."),
    Layer("config", f"{WORDS} kinds policy", "Who and where; of policies it knows files, of kinds how long to wait."),
    Layer("world", f"{WORDS} resolution", "All evidence of a run; does not know how it was read."),
    Layer(
        "snapshot",
        f"{WORDS} languages kinds policy values world",
        "A world in a folder; of tables and policies it knows the words that redaction must leave.",
    ),
    Layer("preflight", f"{WORDS} permissions world", "Pure: what tokens say, held against what the checks need."),
    Layer("judge", f"{WORDS} resolution world", "Pure: a check and a world make a verdict; nothing else is at hand."),
    Layer("clients", WORDS, "The only code that speaks to a network; it does not know what its answers are for."),
    Layer("reader", f"{WORDS} resolution world", "Level by level to a world, through whoever answers."),
    Layer("embedded", f"{WORDS} config sandbox", "The one bridge to the sandbox in a run; only addresses cross it."),
    Layer(
        "engine", f"{WORDS} config clients reader embedded world", "Opens, reads, closes: reading is put together here."
    ),
    Layer(
        "report",
        f"{WORDS} permissions world preflight",
        "Records and formats; knows verdicts, not how they came about.",
    ),
    Layer(
        "plugin",
        f"{WORDS} arguments kinds permissions forecast policy config world snapshot preflight judge engine report",
        "pytest's side: collects, reads, judges, reports; checks in code name kinds themselves.",
    ),
    Layer(
        "remediation",
        f"{WORDS} arguments kinds config world judge clients reader embedded report plugin",
        "The only code that writes; all else works without it, so that it can be taken away.",
    ),
    Layer(
        "commands",
        f"{WORDS} arguments languages kinds permissions iam policy config snapshot preflight embedded engine report "
        "remediation sandbox",
        "What is not a test run; serves the sandbox, and generates from the tables.",
    ),
    Layer("__main__", "commands", "Runs the command line."),
)
TABLE = {layer.name: set(layer.may_import.split()) for layer in LAYERS}

NETWORK = {"aiohttp", "azure", "boto3", "botocore", "httpx", "kiota_abstractions", "kiota_http", "msal", "msgraph"}
SDK = NETWORK | {"kiota_authentication_azure", "msgraph_core", "requests", "urllib3"}


class Import(NamedTuple):
    """One imported name, and whether it is imported when the program runs (not only for types)."""

    name: str
    at_run_time: bool


def modules() -> dict[str, Path]:
    """All modules by their name below xtcheck; the package itself is empty and is everybody's."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix("__init__").rstrip(".")
        found[name] = path
    return {name: path for name, path in found.items() if name}


@cache
def imports(path: Path) -> frozenset[Import]:
    """Everything that a module imports, wherever in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(_imports(tree, at_run_time=True))


def _imports(node: ast.AST, *, at_run_time: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Import():
                yield from (Import(alias.name, at_run_time) for alias in child.names)
            case ast.ImportFrom(level=0, module=str(module)):
                yield from (Import(f"{module}.{alias.name}", at_run_time) for alias in child.names)
            case ast.ImportFrom():
                raise AssertionError(f"line {child.lineno}: imports are absolute")
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                yield from _imports(child, at_run_time=False)
            case _:
                yield from _imports(child, at_run_time=at_run_time)


def own(path: Path) -> set[str]:
    """The layers that a module imports, for types or to run."""
    names = [found.name.split(".") for found in imports(path)]
    return {name[1] for name in names if name[0] == "xtcheck" and len(name) > 1 and name[1] != "__version__"}


def others(path: Path) -> set[str]:
    """The packages of other people that a module imports to run."""
    return {found.name.split(".")[0] for found in imports(path) if found.at_run_time}


@pytest.mark.parametrize("name", modules())
def test_a_module_imports_only_what_its_layer_may(name: str) -> None:
    layer = name.split(".", maxsplit=1)[0]
    assert own(modules()[name]) - TABLE[layer] - {layer} == set()


def test_the_table_has_a_row_for_each_module_and_points_one_way() -> None:
    assert set(TABLE) == {name.split(".")[0] for name in modules()}
    above: set[str] = set()
    for layer in LAYERS:
        assert set(layer.may_import.split()) <= above, layer.name
        above.add(layer.name)


def test_the_table_allows_nothing_that_is_not_used_beyond_the_vocabulary() -> None:
    used: dict[str, set[str]] = {name: set() for name in TABLE}
    for name, path in modules().items():
        used[name.split(".")[0]] |= own(path)
    words = set(WORDS.split())
    assert {name: allowed - used[name] - words for name, allowed in TABLE.items() if allowed - used[name] - words} == {}


def where(packages: set[str]) -> set[str]:
    """The layers that import any of some packages when they run."""
    return {name.split(".")[0] for name, path in modules().items() if others(path) & packages}


def test_only_the_plugins_import_pytest() -> None:
    names = {name for name, path in modules().items() if others(path) & {"pytest", "_pytest", "pluggy", "xdist"}}
    assert {name for name in names if name.split(".")[0] != "plugin"} == {"remediation.plugin"}


def importing(*wanted: str) -> set[str]:
    """The modules that import any of some modules, or what is in them."""
    starts = tuple(f"xtcheck.{name}" for name in wanted)
    return {name for name, path in modules().items() if any(found.name.startswith(starts) for found in imports(path))}


def test_only_remediation_can_write() -> None:
    """Whoever takes the plugin away has a program that cannot."""
    clients = {"clients.writers", "clients.graph_writer", "clients.aws_writer"}
    assert clients <= modules().keys()
    assert importing(*clients) == {"clients.writers", "remediation.session"}
    assert {name for name in importing("remediation") if not name.startswith("remediation")} == {"commands.undo"}


def test_planning_and_guarding_touch_nothing() -> None:
    pure = {"changes", "compose", "effects", "order", "plan", "wishes", "guard", "undo", "show", "since", "identity"}
    rim = {"clients", "reader", "plugin", "embedded"}
    assert {name for name in pure if own(modules()[f"remediation.{name}"]) & rim} == set()


def test_only_the_clients_import_what_speaks_to_a_network() -> None:
    """The sandbox reads botocore's models of the services; it calls none of them."""
    assert where(SDK) == {"clients", "sandbox"}
    assert where(SDK - {"botocore"}) == {"clients"}


def test_importing_the_package_imports_nothing() -> None:
    assert imports(PACKAGE / "__init__.py") == frozenset()


def test_only_the_bridge_and_the_command_import_the_sandbox() -> None:
    importing = {name for name, path in modules().items() if "sandbox" in own(path)}
    assert {name for name in importing if not name.startswith("sandbox")} == {"embedded", "commands.sandbox"}


def test_only_the_rim_prints() -> None:
    printing = {name.split(".")[0] for name, path in modules().items() if _prints(path)}
    assert printing <= {"__main__", "commands", "report", "plugin"}


def _prints(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                return True
            case ast.Attribute(value=ast.Name(id="sys"), attr="stdout" | "stderr" | "__stdout__" | "__stderr__"):
                return True
    return False
