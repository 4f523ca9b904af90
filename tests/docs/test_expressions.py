"""docs/expressions.md lists every point at which the documentation is silent, as the register has it."""

from __future__ import annotations

from tests.docs.pages import read
from xtcheck.languages.expressions.register import ITEMS


def test_the_page_has_the_register() -> None:
    rows = []
    for item in ITEMS:
        name = f"`{item.name}`" if item.id == item.name else f"{item.id} `{item.name}`"
        readings = ", ".join(f"`{reading}`" for reading in item.readings) or "none"
        rows.append(f"| {name} | {item.point} | {readings} | `{item.default}` |")
    shown = read("docs/expressions.md").partition("|---|---|---|---|\n")[2].splitlines()
    assert shown == rows
