"""Reading a fleet: fifty tenants of forty small reads at 50 ms, beside a bare client and one request after another."""

from __future__ import annotations

import asyncio
import json
import ssl
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from sizes import sized

from xtcheck.clients import Clients, batch, transport
from xtcheck.connection import Connection, EntraCredential, Secret
from xtcheck.kinds import BY_NAME
from xtcheck.model import Answer, Answered, Failed, Ref, Request
from xtcheck.reader import read

TENANTS, READS, LATENCY, BATCH = sized(50), 40, 0.05, 20
Json = Any


@contextmanager
def emulator(world: str, latency: float, *more: str) -> Iterator[Json]:
    """The sandbox in its own process; what it prints of how to get in. ``more`` goes to its command line."""
    script = Path(__file__).with_name("emulator.py")
    process = subprocess.Popen(
        [sys.executable, str(script), world, str(latency), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin  # noqa: S101
    assert process.stdout  # noqa: S101
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stdout.close()


def sources(told: Json) -> list[str]:
    """The aliases of the tenants that are read."""
    return [alias for alias in told["tenants"] if alias.startswith("source")][:TENANTS]


def connections(told: Json, folder: Path) -> dict[str, Connection]:
    """The ways in, as config.yml would have them."""
    found = {}
    for alias in sources(told):
        tenant = told["tenants"][alias]
        secret = folder / alias
        secret.write_text(tenant["client-secret"], encoding="utf-8")
        credential = EntraCredential("client-secret", tenant["client-id"], Secret(file=str(secret)))
        found[alias] = Connection(alias, tenant["id"], credential, tenant["endpoints"], told["ca"])
    return found


def refs(told: Json) -> list[Ref]:
    """Forty groups by name in every tenant: as many filters, as many requests."""
    return [Ref(BY_NAME["group"], alias, f"g{number}") for alias in sources(told) for number in range(READS)]


async def ours(told: Json, folder: Path) -> float:
    """The product's reader and clients, signed in anew."""
    wanted, ways = refs(told), connections(told, folder)
    began = time.perf_counter()
    async with Clients(ways) as clients:
        world = await read(wanted, clients.answer)
    seconds = time.perf_counter() - began
    good = sum(isinstance(answer, Answered) for answer in world.answers.values())
    if good != TENANTS * READS:
        raise SystemExit(f"{good} answers: {next(iter(world.answers.values()))}")
    return seconds


def paths(told: Json) -> list[str]:
    """The addresses that the product asks for in one tenant, below the version."""
    seen: list[str] = []

    async def note(request: Request) -> Answer:
        seen.append(request.operation)
        return Failed("", "", datetime.now(UTC), 0.0)

    asyncio.run(read([ref for ref in refs(told) if ref.place == sources(told)[0]], note))
    return seen


async def signed_in(client: httpx.AsyncClient, tenant: Json) -> dict[str, str]:
    """The header that a token makes."""
    form = {
        "grant_type": "client_credentials",
        "client_id": tenant["client-id"],
        "client_secret": tenant["client-secret"],
        "scope": "https://graph.microsoft.com/.default",
    }
    reply = await client.post(f"{tenant['endpoints']['login']}/{tenant['id']}/oauth2/v2.0/token", data=form)
    return {"Authorization": f"Bearer {reply.json()['access_token']}"}


async def bare(told: Json, asked: list[str]) -> float:
    """No SDK, no checks, no retries: tokens and batches of twenty over HTTP/2."""
    began = time.perf_counter()
    context = ssl.create_default_context(cafile=told["ca"])
    async with httpx.AsyncClient(verify=context, http2=True, timeout=60) as client:

        async def twenty(tenant: Json, header: dict[str, str], some: list[str]) -> int:
            body = {"requests": [{"id": str(n), "method": "GET", "url": path} for n, path in enumerate(some)]}
            reply = await client.post(f"{tenant['endpoints']['graph']}/v1.0/$batch", json=body, headers=header)
            return sum(each["status"] == 200 for each in reply.json()["responses"])

        async def whole(tenant: Json) -> int:
            header = await signed_in(client, tenant)
            parts = [asked[start : start + BATCH] for start in range(0, READS, BATCH)]
            return sum(await asyncio.gather(*(twenty(tenant, header, part) for part in parts)))

        good = sum(await asyncio.gather(*(whole(told["tenants"][alias]) for alias in sources(told))))
    if good != TENANTS * READS:
        raise SystemExit(f"{good} answers")
    return time.perf_counter() - began


async def one_after_another(told: Json, asked: list[str]) -> float:
    """One tenant's reads in turn, times the number of tenants."""
    tenant = told["tenants"][sources(told)[0]]
    context = ssl.create_default_context(cafile=told["ca"])
    began = time.perf_counter()
    async with httpx.AsyncClient(verify=context, timeout=60) as client:
        header = await signed_in(client, tenant)
        for path in asked:
            (await client.get(f"{tenant['endpoints']['graph']}/v1.0{path}", headers=header)).raise_for_status()
    return (time.perf_counter() - began) * TENANTS


def logged(told: Json) -> tuple[int, int]:
    """How many GETs of Graph the emulator's log has since it was last asked, and in how many messages they came."""
    context = ssl.create_default_context(cafile=told["ca"])
    headers = {"authorization": f"Bearer {told['admin']['token']}"}
    with httpx.Client(verify=context, base_url=told["admin"]["url"], headers=headers, timeout=60) as client:
        entries = [entry for entry in client.get("/log").json()["entries"] if entry["service"] == "graph"]
        client.delete("/log").raise_for_status()
    return sum(len(entry.get("items", [entry])) for entry in entries), len(entries)


def pools(folder: Path, runs: int) -> list[str]:
    """What HTTP/2 and HTTP/1.1 pools of several sizes take for the same reads, with batches and without."""
    lines = []
    usual = transport.CONNECTIONS, batch.LIMIT
    for name, more, sizes in (("HTTP/2", (), (usual[0],)), ("HTTP/1.1", ("1",), (4, 8, 16, 64))):
        with emulator(f"fleet-{TENANTS}", LATENCY, *more) as told:
            asyncio.run(ours(told, folder))
            for size in sizes:
                for most in (usual[1], 1):
                    transport.CONNECTIONS, batch.LIMIT = size, most
                    began = time.process_time()
                    seconds = statistics.median(asyncio.run(ours(told, folder)) for _ in range(runs))
                    spent = (time.process_time() - began) / runs
                    what = f"{name}, {size} connections, {'batches' if most > 1 else 'single GETs'}"
                    lines.append(f"{what:<58} {seconds:6.2f} s  of which {spent:5.2f} s of our CPU")
    transport.CONNECTIONS, batch.LIMIT = usual
    return lines


def measure(folder: Path, runs: int) -> list[str]:
    """The lines to print."""
    with emulator(f"fleet-{TENANTS}", LATENCY) as told:
        asked = paths(told)
        sequential = asyncio.run(one_after_another(told, asked))
        logged(told)
        first = asyncio.run(ours(told, folder))  # also loads the SDKs
        gets, messages = logged(told)
        asyncio.run(bare(told, asked))
        pairs = [(asyncio.run(ours(told, folder)), asyncio.run(bare(told, asked))) for _ in range(runs)]
    mine, floor = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    what = f"read {TENANTS} tenants x {READS} at {LATENCY * 1000:.0f} ms, sign-in included"
    times = f"{sequential / mine:5.0f} x faster (at least 60)"
    sent = f"{gets} for {TENANTS * READS} resources, in {messages} messages (at most as many)"
    return [
        f"{'requests':<58} {sent}",
        f"{what:<58} {mine:6.2f} s  bare httpx {floor:6.2f} s  ratio {ratio:5.2f} (at most 2)",
        f"{'  the first time in a process, which loads the SDKs':<58} {first:6.2f} s",
        f"{'  one request after another (extrapolated)':<58} {sequential:6.2f} s  {times}",
    ]
