"""The numbers to reach, as ratios within one run, never absolute promises: run it with ``make bench``.

Each figure is the median of interleaved runs, so that the machine's speed cancels out of the ratio. ``make bench
ARGS=reading`` measures one part; the environment's XT_BENCH_RUNS says how often (default 3), XT_BENCH_SHARE (default 1)
which share of the full size is measured: figures of less than all only show that a part still runs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import columns
import expressions
import fleets
import judging
import reading
import rules
import synced
from sizes import sized

ROOT = Path(__file__).resolve().parent.parent
RUNS = int(os.environ.get("XT_BENCH_RUNS", "3"))
MOST = sized(100_000)
SOURCES = sized(60)


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


def collecting(folder: Path) -> list[str]:
    """Collection, which is offline."""
    config = [f"--tenants={fleet(folder)}"]
    count = collected(config, folder)
    module = [str(judging.bare(folder, count))]
    most = f"at most 1.5, and 0.3 s for each 1,000: {count} here"
    return [
        judging.compare(
            f"collect {count} checks", ["--collect-only", *config], ["--collect-only", *module], folder, RUNS, most
        )
    ]


def demo(folder: Path) -> list[str]:
    """The reference scenario, for which the sandbox is started in the same process."""
    config = [f"--tenants={ROOT / 'sandbox.yml'}"]
    few = collected(config, ROOT)
    same = [str(judging.bare(folder, few))]
    name = f"demo: {few} checks, sandbox started and read"
    return [judging.compare(name, config, same, folder, RUNS, "no goal")]


PARTS = {
    "collecting": collecting,
    "demo": demo,
    "reading": lambda folder: reading.measure(folder, RUNS),
    "columns": lambda folder: columns.measure(folder, RUNS),
    "pools": lambda folder: reading.pools(folder, RUNS),
    "synced": lambda folder: synced.measure(folder, RUNS),
    "judging": lambda folder: judging.measure(folder, RUNS, sized(10_000)),
    "replay": lambda folder: judging.replay(folder, RUNS, sized(1_000)),
    "fleets": fleets.measure,
    "rules": lambda folder: rules.measure(folder, RUNS),
    "expressions": lambda folder: expressions.measure(folder, RUNS),
    "memory": lambda folder: judging.peak(folder, MOST),
}


def main() -> None:
    """The parts named on the command line, or all."""
    for name in sys.argv[1:] or PARTS:
        with tempfile.TemporaryDirectory(prefix="xtcheck-bench-") as folder:
            for line in PARTS[name](Path(folder)):
                sys.stdout.write(line + "\n")
                sys.stdout.flush()


if __name__ == "__main__":
    # Users have compiled modules; without them pytest would rewrite the plugins anew in each of these processes.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    main()
