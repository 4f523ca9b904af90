"""A fleet, the sandbox in a process of its own: what each tenant costs a whole run, in processor time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from reading import emulator
from sizes import sized

POLICIES = ("links.yml", "sources.yml")
SMALL, LARGE = sized(60), sized(250)
Json = Any


def config(told: Json, tenants: int, folder: Path, policies: Path) -> Path:
    """A config of so many sources, each with a credential of its own, as for live tenants."""
    lines = []
    for alias in ["shared", *(alias for alias in told["tenants"] if alias.startswith("source"))][: tenants + 1]:
        tenant = told["tenants"][alias]
        os.environ[f"XT_BENCH_{alias.replace('-', '_').upper()}"] = tenant["client-secret"]
        secret = f"{{env: XT_BENCH_{alias.replace('-', '_').upper()}}}"
        credential = f"{{type: client-secret, client-id: {tenant['client-id']}, secret: {secret}}}"
        endpoints = ", ".join(f"{name}: {url}" for name, url in tenant["endpoints"].items())
        role = "target" if alias == "shared" else "source"
        lines.append(
            f"  {alias}: {{id: {tenant['id']}, role: {role}, label: {alias}, read-secrets: true,"
            f" credential: {credential}, ca-bundle: {told['ca']}, endpoints: {{{endpoints}}}}}\n"
        )
    chosen = ", ".join((policies / name).as_posix() for name in POLICIES)
    path = folder / f"fleet-{tenants}.yml"
    path.write_text(f"policies: [{chosen}]\ntenants:\n{''.join(lines)}topology: many-to-one\n", encoding="utf-8")
    return path


def whole(path: Path, folder: Path) -> Json:
    """One run to its end: seconds, of our processor, of memory at most, and what it counted."""
    report = path.with_suffix(".json")
    arguments = [f"--tenants={path}", "--tb=no", f"--xt-report=json:{report}"]
    began = time.perf_counter()
    done = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.stdout  # noqa: S101
    text = done.stdout.read()
    _, status, used = os.wait4(done.pid, 0)
    done.stdout.close()
    done.returncode = os.waitstatus_to_exitcode(status)
    if done.returncode not in (0, 1):
        raise SystemExit(text[-3000:])
    found = json.loads(report.read_text(encoding="utf-8"))
    return {
        "checks": len(found["checks"]),
        "unknown": sum(check["verdict"] == "unknown" for check in found["checks"]),
        "requests": sum(tenant["requests"] for tenant in found["tenants"]),
        "seconds": time.perf_counter() - began,
        "processor": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss / 2**10,
    }


def measure(folder: Path, small: int = SMALL, large: int = LARGE) -> list[str]:
    """The lines to print."""
    policies = Path(__file__).resolve().parent.parent / "policies"
    lines, ran = [], []
    for tenants in (small, large):
        with emulator(f"fleet-{tenants}", 0.0) as told:
            run = whole(config(told, tenants, folder, policies), folder)
        ran.append(run)
        what = f"fleet of {tenants}: {run['checks']:,} checks, {run['requests']:,} requests"
        spent = f"{run['processor']:6.1f} s of processor  {run['memory']:5.0f} MB"
        lines.append(f"{what:<58} {run['seconds']:6.1f} s  {spent}  {run['unknown']} unknown")
    less, more = ran
    each = {name: (more[name] - less[name]) / (large - small) for name in ("processor", "memory")}
    what = "  each tenant more"
    lines.append(f"{what:<58} {each['processor']:6.3f} s of processor  {each['memory']:5.2f} MB")
    return lines
