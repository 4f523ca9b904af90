"""Compares an output with the one that was reviewed; ``XT_UPDATE_GOLDEN=1 pytest tests/plugin`` writes it anew."""

from __future__ import annotations

import os
import re
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"
NORMAL = (
    (r"(?m)^platform .*$", "platform …"),
    (r"(?m)^plugins: .*$", "plugins: …"),
    (r"(?m)^(rootdir|cachedir|configfile|inifile|testpaths): .*\n", ""),
    (r"xtcheck \d+\.\d+\.\d+", "xtcheck …"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:…"),
    (r"in \d+\.\d+s( \([\d:]+\))?", "in …s"),
    (r"(?m)^=+( [^=]+ )=+$", r"===\1==="),
    (r"(?m)^-+ (generated xml file: .*) -+$", r"--- \1 ---"),
    (r"\b\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)?", "…T…"),
    (r"(since|at|on) \d{4}-\d\d-\d\d \d\d:\d\d", r"\1 …"),
    (r"(?m)^reading for \d+ s: .*\n", ""),
    (r"(?m)^([\w-]+|all \d+)  ( +[\d.,]+){4} +[\d.]+ [kM]?B +[\d.]+$", r"\1 …"),
    (r"(?m) +$", ""),
)
"""What differs from run to run and from machine to machine, and what stands for it."""


def normal(text: str, folder: Path) -> str:
    """The output without times, ports, versions and places."""
    text = text.replace(str(folder.resolve()), "FOLDER").replace(str(folder), "FOLDER")
    for pattern, shown in NORMAL:
        text = re.sub(pattern, shown, text)
    return text


def compare(name: str, text: str) -> None:
    """Assert that the text is as reviewed, or write it."""
    path = FOLDER / name
    if os.environ.get("XT_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()
