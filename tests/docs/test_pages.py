"""The pages keep their word: what they show as a file loads, what they show as a command runs, what they quote is."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.docs.pages import (
    PAGES,
    ROOT,
    WRITTEN,
    Block,
    blocks,
    commands,
    make,
    python_of,
    read,
    run,
    surroundings,
)
from tests.forked import Ran
from xtcheck import config, policy
from xtcheck.commands.line import main
from xtcheck.errors import Mistakes
from xtcheck.policy.schema import schema
from xtcheck.sandbox import Sandbox

PROSE = {"text"}
PROVEN = {
    "console", "sh", "yaml config", "yaml config-part", "yaml policy", "yaml policy-target", "yaml policy-link",
    "yaml policy-aws", "yaml sandbox", "yaml workflow", "json record", "python sandbox", "python check",
    "python rules",
    "diff row", "yaml row", "sh in-order", "yaml matrix", "console story", "console acts", "yaml config-more",
}  # fmt: skip
"""Every kind of block that a test in this folder proves; others are mistakes."""
APPLIES = {
    "yaml policy": "",
    "yaml policy-target": "applies-to: {role: target}\n",
    "yaml policy-link": "applies-to: link\n",
    "yaml policy-aws": "applies-to: aws\n",
}
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELLIPSIS = "[...]"
VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_every_block_is_proven() -> None:
    assert [f"{block}: {block.kind}" for block in blocks() if block.kind not in PROVEN | PROSE] == []


def test_the_readme_is_no_longer_than_150_lines() -> None:
    assert len(read("README.md").splitlines()) <= 150


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    inside = [link for link in LINK.findall(read(page)) if "://" not in link]
    assert [link for link in inside if not (ROOT / page).parent.joinpath(link.partition("#")[0]).exists()] == []


def test_every_guide_is_reachable_from_the_readme() -> None:
    reached, ahead = set[str](), ["README.md"]
    while ahead:
        page = ahead.pop()
        if page in PAGES and page not in reached:
            reached.add(page)
            linked = (ROOT / page).parent
            ahead += [os.path.relpath(linked / link, ROOT).replace(os.sep, "/") for link in LINK.findall(read(page))]
    assert reached == set(PAGES)


# --- files ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every environment variable that a block names holds something."""
    for block in blocks():
        for name in re.findall(r"\{?env[:.] ?([A-Z_]+)", block.text):
            monkeypatch.setenv(name, "blog")


def load_config(text: str, folder: Path) -> config.Config:
    shutil.copytree(ROOT / "policies", folder / "policies")
    file = folder / "config.yml"
    file.write_text(text, encoding="utf-8")
    return config.load(file, shown="config.yml")


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("block", blocks("yaml config"), ids=str)
def test_a_config_loads(block: Block, tmp_path: Path) -> None:
    assert load_config(block.text, tmp_path).estate.links


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("block", blocks("yaml config-part"), ids=str)
def test_a_part_of_a_config_fits_into_the_page_s_whole_one(block: Block, tmp_path: Path) -> None:
    [whole] = [other for other in blocks("yaml config") if other.page == block.page]
    part = yaml.load(block.text, Loader=yaml.BaseLoader)  # noqa: S506  # reads texts only
    document = yaml.load(whole.text, Loader=yaml.BaseLoader)  # noqa: S506
    if "links" in part:
        del document["topology"]
    text = yaml.dump({**document, **part}, default_style='"')
    assert load_config(text, tmp_path).estate.links


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize("block", blocks(*APPLIES), ids=str)
def test_a_policy_loads_and_fits_the_schema(block: Block, tmp_path: Path) -> None:
    estate = config.load(ROOT / "sandbox.yml").estate
    text = APPLIES[block.kind] + block.text
    file = tmp_path / "policy.yml"
    file.write_text(text, encoding="utf-8")
    policies = policy.load([(file, "policy.yml")], estate)
    assert {path: str(mistakes) for path, mistakes in policies.mistakes.items()} == {}
    assert policies.checks[file]
    for document in yaml.load_all(text, Loader=Dated):
        VALIDATOR.validate(document)


class Dated(yaml.SafeLoader):
    """As YAML 1.2 and editors read it: dates, and words like ``on``, are texts."""


Dated.yaml_implicit_resolvers = {
    first: [
        (tag, pattern if tag != "tag:yaml.org,2002:bool" else re.compile("^(?:true|false)$"))
        for tag, pattern in resolvers
        if tag != "tag:yaml.org,2002:timestamp"
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@pytest.mark.parametrize("block", blocks("yaml sandbox"), ids=str)
def test_a_sandbox_is_accepted_by_the_config_and_by_the_sandbox(block: Block, tmp_path: Path) -> None:
    plain = (ROOT / "sandbox.yml").read_text(encoding="utf-8").partition("sandbox:\n")[0]
    wish = load_config(plain + block.text, tmp_path).sandbox
    assert wish is not None
    Sandbox(wish.world, wish.drift, wish.faults)


def test_the_example_of_a_config_is_accepted_with_the_example_policies() -> None:
    example = config.load(ROOT / "examples" / "config.yml", shown="examples/config.yml")
    files = [(file, file.name) for path in example.policies for file in policy.files(path)]
    assert policy.load(files, example.estate).mistakes == {}


@pytest.mark.parametrize("block", blocks("yaml workflow"), ids=str)
def test_an_excerpt_of_the_workflow_stands_in_it(block: Block) -> None:
    assert block.text in read("examples/github-actions.yml")


def test_a_pasted_secret_would_be_found(tmp_path: Path) -> None:
    """The pages may show configs only because the loader that reads them refuses secrets."""
    text = blocks("yaml config")[0].text.replace("{env: XT_TWO_SECRET}", "abc8Q~" + "x" * 34)
    with pytest.raises(Mistakes, match=r"stands in config\.yml itself"):
        load_config(text, tmp_path)


# --- commands -------------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder as a user has it, with config.yml and policies; the tenants are the sandbox's."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copytree(ROOT / "policies", folder / "policies")
    for name in ("config.yml", "sandbox.yml"):
        shutil.copy(ROOT / "sandbox.yml", folder / name)
    return folder


SET_UP = ("python -m venv ", "python -m pip install ", "pip install ")
SANDBOX, DEMO, REPORTS = (
    "python -m xtcheck sandbox ",
    "python -m pytest --tenants=sandbox.yml",
    "pytest --tenants=config.yml --xt-report",
)
FLEET = "pytest --tenants=fleet.yml"
ELSEWHERE = (SANDBOX, DEMO, REPORTS, FLEET)
"""Proven by a test of their own."""
SHELL = [(block, line) for block, line in commands() if block.kind == "sh" and not line.startswith(SET_UP + ELSEWHERE)]


@pytest.mark.parametrize("line", dict.fromkeys(line for _, line in SHELL))
def test_a_command_runs(line: str, home: Path) -> None:
    words = shlex.split(line)
    match words:
        case ["make", "demo", *_]:
            done = make(line, home)
        case ["pytest", *arguments] | ["python", "-m", "pytest", *arguments]:
            done = run(["-m", "pytest", *arguments], home, cwd=home)
        case ["python", "-m", "xtcheck", *arguments]:
            done = run(["-m", "xtcheck", *arguments], home, cwd=home)
        case _:
            pytest.fail(f"no test knows how to run {line!r}")
    assert done.code == 0, done.output


def test_set_up_without_make_is_what_make_does() -> None:
    makefile = read("Makefile").replace("install --no-compile ", "install ")  # it compiles afterwards, on all cores
    lines = [line for _, line in commands() if line.startswith(SET_UP)]
    assert lines
    for line in lines:
        known = line.replace("python -m pip ", "$(PIP) ").replace("python -m venv", "-m venv --clear").replace(
            " .venv", " $(VENV)"
        )  # fmt: skip
        assert known in makefile, line


def normal(text: str) -> str:
    """Without what differs from run to run, or with the terminal: durations, lengths of rules, blanks at the ends."""
    text = re.sub(r"\d+\.\d+s\b", "N.NNs", text)
    text = re.sub(r"([=_!])\1{2,}", r"\1\1\1", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def pattern(transcript: str) -> re.Pattern[str]:
    """A transcript as a pattern: ``[...]`` alone on a line is any lines, inside a line any text."""
    lines = [
        r"(?:.*\n)*?" if line == ELLIPSIS else ".*".join(map(re.escape, line.split(ELLIPSIS))) + r"\n"
        for line in normal(transcript).splitlines()
    ]
    return re.compile("".join(lines))


def xtcheck(command: str, capsys: pytest.CaptureFixture[str]) -> Ran:
    """Run a ``python -m xtcheck`` command, in this process: a page may show many."""
    python, option, module, *arguments = shlex.split(command)
    assert (python, option, module) == ("python", "-m", "xtcheck"), command
    code = main(arguments)
    told = capsys.readouterr()
    return Ran(code, told.out + told.err)


@pytest.mark.parametrize("page", sorted({block.page for block in blocks("console")}))
def test_transcripts_are_what_a_user_sees(
    page: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In their order, in one terminal: ``--lf`` goes by what the command before it left."""
    monkeypatch.chdir(ROOT)
    for block in (block for block in blocks("console") if block.page == page):
        command, _, expected = block.text.removeprefix("$ ").partition("\n")
        done = make(command, tmp_path) if command.startswith("make ") else xtcheck(command, capsys)
        assert pattern(expected).fullmatch(normal(done.output)), f"{block}\n{done.output}"


def test_make_test_is_what_ci_runs_and_make_knows_every_target() -> None:
    named = {target for page in WRITTEN for target in re.findall(r"`make (\w+)", read(page))}
    makefile = read("Makefile")
    assert {target for target in named if not re.search(rf"(?m)^{target}:", makefile)} == set()


def test_the_demo_s_command_is_the_one_without_make() -> None:
    assert python_of("make demo") == ({"XT_SANDBOX_WORLD": "blog"}, shlex.split(DEMO)[1:])


# --- reports and the sandbox ----------------------------------------------------------------------------------------


def test_the_reports_are_written_and_a_record_is_what_the_page_shows(home: Path) -> None:
    [line] = [line for _, line in commands() if line.startswith(REPORTS)]
    arguments = ["-m", *shlex.split(line)]
    assert run(arguments, home, cwd=home, more={"XT_SANDBOX_WORLD": "drifted"}).code == 1
    assert {path.name for path in (home / "results").iterdir()} == {"xtcheck.json", "junit.xml", "allure"}
    [block] = blocks("json record")
    shown = json.loads(block.text)
    report = json.loads((home / "results" / "xtcheck.json").read_text(encoding="utf-8"))
    [made] = [record for record in report["checks"] if record["id"] == shown["id"]]
    for evidence in (*made["evidence"], *shown["evidence"]):
        evidence.update(at="", seconds=0)
    assert list(made.items()) == list(shown.items())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Path]:
    """A folder with the sandbox.json of a sandbox that runs meanwhile, served by the command that the page gives."""
    [line] = [line for _, line in commands() if line.startswith(SANDBOX) and " --config" not in line]
    command, _, file = line.removeprefix("python ").partition(" > ")
    process = subprocess.Popen(
        [sys.executable, *shlex.split(command)], stdout=subprocess.PIPE, env=surroundings(tmp_path), cwd=ROOT
    )
    assert process.stdout is not None
    (tmp_path / file).write_bytes(process.stdout.readline())
    try:
        yield tmp_path
    finally:
        process.send_signal(signal.SIGINT)
        process.stdout.close()
        assert process.wait(timeout=20) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is sent another way there")
@pytest.mark.parametrize("block", blocks("python sandbox"), ids=str)
def test_a_client_of_the_sandbox_runs(block: Block, served: Path) -> None:
    done: Ran = run(["-c", block.text], served, cwd=served)
    assert done == Ran(0, "")


@pytest.mark.parametrize("block", blocks("python rules"), ids=str)
def test_what_rules_say_in_python_is_true(block: Block, tmp_path: Path) -> None:
    assert run(["-c", block.text], tmp_path) == Ran(0, "")


@pytest.mark.parametrize("block", blocks("python check"), ids=str)
def test_a_check_in_code_runs_beside_a_policy(block: Block, tmp_path: Path) -> None:
    config_text = read("sandbox.yml").replace("policies: policies/", "policies: mine/")
    (tmp_path / "config.yml").write_text(config_text, encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "test_own.py").write_text(block.text, encoding="utf-8")
    policy_text = "applies-to: {role: target}\ncross-tenant-access: {undeclared-partners: forbidden}\n"
    (tmp_path / "mine" / "policy.yml").write_text(policy_text, encoding="utf-8")
    done = run(["-m", "pytest", "--tenants=config.yml", "-q"], tmp_path, cwd=tmp_path)
    assert "2 passed" in done.output
