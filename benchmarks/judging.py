"""Judging ten thousand checks, beside bare pytest on as many tests that do nothing: whole processes, in turn."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from reading import emulator

PER_SOURCE = 19
Json = Any

POLICY = """\
applies-to: {role: target}
cross-tenant-access:
  partners:
    each-source:
      state: present
      automatic-redemption-inbound: true
      automatic-redemption-outbound: false
      trust-mfa: true
      trust-compliant-device: false
      trust-hybrid-joined-device: false
      b2b-collaboration-inbound: inherit
      b2b-collaboration-outbound: inherit
      b2b-direct-connect-inbound: inherit
      b2b-direct-connect-outbound: inherit
      tenant-restrictions: inherit
      service-provider: false
      in-multitenant-organization: false
      effective-b2b-collaboration-inbound: everyone
      effective-b2b-direct-connect-inbound: nobody
      effective-trust-mfa: true
      effective-trust-compliant-device: false
      effective-trust-hybrid-joined-device: false
      effective-automatic-redemption-inbound: true
"""
"""What is said of each source here stands in two documents of the target: reading them costs next to nothing."""


def fleet(told: Json, sources: int, folder: Path) -> Path:
    """A config of that many sources, as for live tenants, with one policy of nineteen statements about each."""
    aliases = [alias for alias in told["tenants"] if alias.startswith("source")][:sources]
    lines = [f"  {alias}: {{id: {told['tenants'][alias]['id']}, role: source}}\n" for alias in aliases]
    shared = told["tenants"]["shared"]
    credential = f"{{type: client-secret, client-id: {shared['client-id']}, secret: {{env: XT_BENCH_SECRET}}}}"
    endpoints = ", ".join(f"{name}: {url}" for name, url in shared["endpoints"].items())
    lines.append(
        f"  shared: {{id: {shared['id']}, role: target, credential: {credential}, ca-bundle: {told['ca']},"
        f" endpoints: {{{endpoints}}}}}\n"
    )
    (folder / "policies").mkdir(exist_ok=True)
    (folder / "policies" / "target.yml").write_text(POLICY, encoding="utf-8")
    config = folder / f"config-{sources}.yml"
    config.write_text(f"policies: policies/\ntenants:\n{''.join(lines)}topology: many-to-one\n", encoding="utf-8")
    os.environ["XT_BENCH_SECRET"] = shared["client-secret"]
    return config


def bare(folder: Path, count: int) -> Path:
    """A module of as many parametrised tests that do nothing."""
    module = folder / f"test_bare_{count}.py"
    module.write_text(
        f"import pytest\n\n\n@pytest.mark.parametrize('n', range({count}))\ndef test_nothing(n):\n    pass\n",
        encoding="utf-8",
    )
    return module


def run(arguments: list[str], folder: Path) -> float:
    """How long one whole process takes; it must end well."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(
            f"pytest {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return seconds


def compare(name: str, ours: list[str], theirs: list[str], folder: Path, runs: int, most: str) -> str:
    """Run both in turn; the line with the medians and their ratio."""
    pairs = [(run(ours, folder), run(theirs, folder)) for _ in range(runs)]
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / two for one, two in pairs)
    return f"{name:<58} {mine:6.2f} s  bare pytest {other:6.2f} s  ratio {ratio:5.2f} ({most})"


def measure(folder: Path, runs: int, checks: int) -> list[str]:
    """The lines to print."""
    sources = -(-checks // PER_SOURCE)
    with emulator(f"fleet-{sources}", 0.0) as told:
        config = [f"--tenants={fleet(told, sources, folder)}"]
        module = [str(bare(folder, sources * PER_SOURCE))]
        count = f"{sources * PER_SOURCE:,} checks"
        return [
            compare(f"judge {count}", config, module, folder, runs, "at most 1.3"),
            compare(f"judge {count} with -n 2", [*config, "-n2"], [*module, "-n2"], folder, runs, "at most 1.3"),
        ]


def replay(folder: Path, runs: int, checks: int) -> list[str]:
    """Judging a saved world again: no network, no SDK."""
    sources = -(-checks // PER_SOURCE)
    with emulator(f"fleet-{sources}", 0.0) as told:
        config, world = f"--tenants={fleet(told, sources, folder)}", folder / "world"
        run([config, f"--xt-save-world={world}"], folder)
        module = [str(bare(folder, sources * PER_SOURCE))]
        name = f"replay {sources * PER_SOURCE:,} checks of a saved world"
        return [compare(name, [config, f"--xt-world={world}"], module, folder, runs, "at most 1.5, and 0.5 s more")]


def peak(folder: Path, checks: int) -> list[str]:
    """The memory of a very large run, and of bare pytest, which keeps every report for its summary."""
    sources = -(-checks // PER_SOURCE)
    count = f"{sources * PER_SOURCE:,}"
    other, needed = _peak([str(bare(folder, sources * PER_SOURCE))], folder)  # the smaller one first: peaks only grow
    with emulator(f"fleet-{sources}", 0.0) as told:
        seconds, most = _peak([f"--tenants={fleet(told, sources, folder)}"], folder)
    what = f"run {count} checks to the end"
    return [f"{what:<58} {seconds:6.1f} s  {most:6.0f} MB (under 1536)  bare pytest {other:6.1f} s  {needed:6.0f} MB"]


def _peak(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Seconds, and the most megabytes that any process so far has held."""
    seconds = run(arguments, folder)
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**10
