"""The pages of areas: there is one for each area of the tables, alike in form, reachable, and fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, read
from tests.model.test_kinds import ROWS
from xtcheck.commands import line
from xtcheck.commands.areas import BEGIN, END, areas, block, page_of, with_block
from xtcheck.commands.rows import anchor, key

HEADINGS = ["What is checked", "On what evidence", "Permissions", "What it cannot see", "Every setting"]
AREAS = list(areas())
LINK = re.compile(r"\]\(([^)\s#]*)#([^)\s]+)\)")


def headings(page: str) -> list[str]:
    outside = re.sub(r"(?ms)^```.*?^```$", "", read(page))
    return re.findall(r"(?m)^#+ (.+)$", outside)


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_a_page_of_one_form(area: str) -> None:
    text = read(page_of(area))
    assert re.findall(r"(?m)^## (.+)$", text) == HEADINGS
    assert text.endswith(block(area))


def test_every_page_is_of_an_area() -> None:
    assert {page for page in PAGES if page.startswith("docs/areas/")} == set(map(page_of, AREAS))


@pytest.mark.parametrize("page", ["README.md", "docs/settings.md"])
def test_every_area_is_linked(page: str) -> None:
    linked = {(ROOT / page).parent.joinpath(link).resolve() for link in re.findall(r"\]\(([^)\s#]+)\)", read(page))}
    assert {area for area in AREAS if ROOT / page_of(area) not in linked} == set()


def test_every_row_is_at_a_glance_in_its_area_and_told_in_full() -> None:
    text = read("docs/settings.md")
    for kind, setting in ROWS:
        name = key(kind, setting)
        assert text.count(f"| [`{name}`](#{anchor(name)}) |") == 1
        assert text.count(f"### `{name}`\n") == 1
        assert read(page_of(kind.area)).count(f"| `{name}` |") == 1


def test_every_row_says_its_evidence_its_permission_and_what_mending_takes() -> None:
    sections = read("docs/settings.md").split("\n### ")[1:]
    assert len(sections) == len(ROWS)
    for section in sections:
        assert re.findall(r"(?m)^- (evidence|read with|mending|mended at): .", section) == [
            "evidence", "read with", "mending", "mended at",
        ]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_links_into_a_page_lead_to_a_heading(page: str) -> None:
    for target, fragment in LINK.findall(read(page)):
        if "://" not in target:
            there = (ROOT / page).parent.joinpath(target).resolve().relative_to(ROOT).as_posix() if target else page
            assert fragment in set(map(anchor, headings(there))), f"{target}#{fragment}"


# --- what is generated into a page ----------------------------------------------------------------------------------


def test_a_page_without_a_generated_part_gets_it_at_its_end() -> None:
    made = with_block("# Mine\n\nMy words.\n\n\n", block("groups"))
    assert made == "# Mine\n\nMy words.\n\n" + block("groups")
    assert with_block(made, block("groups")) == made


def test_what_people_write_around_the_generated_part_stays() -> None:
    page = f"# Mine\n\n{BEGIN}\n\nold\n\n{END}\n\nAfter.\n"
    assert with_block(page, block("groups")) == f"# Mine\n\n{block('groups')}\nAfter.\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for area in AREAS:
        page = tmp_path / page_of(area)
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("# Mine\n", encoding="utf-8")
    assert line.main(["docs", "--root", str(tmp_path)]) == 0
    return tmp_path


def test_what_was_generated_is_fresh(checkout: Path) -> None:
    assert line.main(["docs", "--check", "--root", str(checkout)]) == 0


def test_a_changed_part_of_a_page_is_not_fresh(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = checkout / page_of("groups")
    page.write_text(page.read_text(encoding="utf-8").replace("| safe |", "| unsafe |"), encoding="utf-8")
    assert line.main(["docs", "--check", "--root", str(checkout)]) == 1
    assert "docs/areas/groups.md: not fresh, run python -m xtcheck docs" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [["docs"], ["docs", "--check"]])
def test_a_page_that_nobody_wrote_is_missed(
    checkout: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    (checkout / page_of("people")).unlink()
    assert line.main([*arguments, "--root", str(checkout)]) == 1
    assert "docs/areas/people.md: not there; write what the area checks" in capsys.readouterr().out
    assert not (checkout / page_of("people")).exists()
