"""Measures xtcheck against bare pytest on the same number of items: ratios within one run, never absolute promises.

Run it with ``make bench``. Each figure is the median of interleaved runs of whole processes; the machine's speed
cancels out of the ratio.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = int(os.environ.get("XT_BENCH_RUNS", "5"))
SOURCES = 60


def fleet(folder: Path) -> Path:
    """A config with many sources and the scenario's policies: nothing in it is ever read."""
    tenants = "".join(
        f"  s{number}: {{id: 00000000-0000-4000-8000-{number:012d}, role: source}}\n" for number in range(SOURCES)
    )
    shared = "  shared: {id: 00000000-0000-4000-9000-000000000000, role: target}\n"
    scim = "scim: {endpoint: https://scim.us-east-1.amazonaws.com/tenant/scim/v2}"
    aws = f'aws: {{main: {{federated-from: shared, account: "111122223333", region: us-east-1, {scim}}}}}\n'
    config = folder / "config.yml"
    config.write_text(
        f"policies: {(ROOT / 'policies').as_posix()}\ntenants:\n{tenants}{shared}topology: many-to-one\n{aws}",
        encoding="utf-8",
    )
    return config


def bare(folder: Path, count: int) -> Path:
    """A module of as many parametrised tests that do nothing."""
    module = folder / "test_bare.py"
    module.write_text(
        f"import pytest\n\n\n@pytest.mark.parametrize('n', range({count}))\ndef test_nothing(n):\n    pass\n",
        encoding="utf-8",
    )
    return module


def seconds(arguments: list[str], folder: Path) -> float:
    """How long one whole process takes."""
    began = time.perf_counter()
    subprocess.run(  # our own arguments
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return time.perf_counter() - began


def collected(arguments: list[str], folder: Path) -> int:
    """How many items pytest finds."""
    done = subprocess.run(  # our own arguments
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return sum("::" in line for line in done.stdout.splitlines())


def compare(name: str, ours: list[str], theirs: list[str], folder: Path) -> None:
    """Run both in turn and print the medians and their ratio."""
    pairs = [(seconds(ours, folder), seconds(theirs, folder)) for _ in range(RUNS)]
    mine, bare_ = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    sys.stdout.write(f"{name:<44} {mine:6.2f} s  bare pytest {bare_:6.2f} s  ratio {ratio:5.2f}\n")


def main() -> None:
    """All benchmarks."""
    with tempfile.TemporaryDirectory(prefix="xtcheck-bench-") as name:
        folder = Path(name)
        config = [f"--tenants={fleet(folder)}"]
        count = collected(config, folder)
        module = [str(bare(folder, count))]
        compare(f"collect {count} checks", ["--collect-only", *config], ["--collect-only", *module], folder)
        demo = [f"--tenants={ROOT / 'sandbox.yml'}"]
        few = collected(demo, ROOT)
        same = [str(bare(folder, few))]
        compare(f"demo: {few} checks, sandbox started and read", demo, same, folder)


if __name__ == "__main__":
    main()
