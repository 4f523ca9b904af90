"""Reading 100,000 users into columns on disk, beside a bare client that keeps them as dictionaries; and its memory.

The emulator serves pages that it has made before, in a process of its own, over TLS. The bare client speaks HTTP/1.1,
which is faster for it than HTTP/2, decodes with orjson, and checks nothing. Each side reads in a process of its own,
so that its peak of memory is its own: twice, for the first time loads what the second does not.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import statistics
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from typing import Any

import httpx
from reading import emulator, signed_in
from sizes import sized

from xtcheck.clients import Clients
from xtcheck.connection import Connection, EntraCredential, Secret
from xtcheck.model import Answered, Columns, Kind, Ref
from xtcheck.reader import read

USERS = sized(100_000)
OWN = 6
"""The people of the tenant besides its crowd."""
PROPERTIES = (
    "accountEnabled", "businessPhones", "city", "companyName", "country", "createdDateTime", "department",
    "displayName", "employeeId", "givenName", "jobTitle", "mail", "mailNickname", "otherMails", "proxyAddresses",
    "state", "surname", "usageLocation", "userPrincipalName",
)  # fmt: skip
"""With the id twenty."""
EVERYBODY = Kind("everybody", "users", home="tenant", source=Columns("/users?$top=999", lambda _: PROPERTIES))
TENANT = "shared"
IMPORTS = ("azure.identity.aio", "kiota_authentication_azure", "msgraph", "orjson", "polars", "msgspec")
Json = Any


def megabytes() -> float:
    """The most that this process has held so far."""
    return getrusage(RUSAGE_SELF).ru_maxrss / 2**10


async def ours(told: Json, folder: Path) -> float:
    """The product's reader and clients, signed in anew; the seconds they took."""
    tenant, secret = told["tenants"][TENANT], folder / "secret"
    secret.write_text(tenant["client-secret"], encoding="utf-8")
    credential = EntraCredential("client-secret", tenant["client-id"], Secret(file=str(secret)))
    ways = {TENANT: Connection(TENANT, tenant["id"], credential, tenant["endpoints"], told["ca"])}
    began = time.perf_counter()
    async with Clients(ways, folder=lambda: folder) as clients:
        world = await read([Ref(EVERYBODY, TENANT)], clients.answer)
    seconds = time.perf_counter() - began
    [answer] = world.answers.values()
    if not isinstance(answer, Answered) or answer.document.rows != told["users"]:
        raise SystemExit(str(answer))
    return seconds


async def bare(told: Json, _: Path) -> float:
    """No SDK, no checks, no retries: page after page over one connection, and the dictionaries are kept."""
    import orjson

    tenant = told["tenants"][TENANT]
    context = ssl.create_default_context(cafile=told["ca"])
    columns = ",".join(sorted(["id", *PROPERTIES]))
    link = f"{tenant['endpoints']['graph']}/v1.0/users?$top=999&$select={columns}"
    began = time.perf_counter()
    async with httpx.AsyncClient(verify=context, timeout=60) as client:
        header, users = await signed_in(client, tenant), []
        while link:
            page = orjson.loads((await client.get(link, headers=header)).content)
            users += page["value"]
            link = page.get("@odata.nextLink")
    seconds = time.perf_counter() - began
    if len(users) != told["users"]:
        raise SystemExit(f"{len(users)} users")
    return seconds


def side(name: str) -> None:
    """One side in this process: prints seconds of the clock and of processors, and megabytes above the imports."""
    told, folder = json.loads(sys.stdin.read()), Path(sys.argv[2])
    for module in IMPORTS:
        import_module(module)
    before = megabytes()
    read_ = {"ours": ours, "bare": bare}[name]
    asyncio.run(read_(told, folder))
    began = time.process_time()
    seconds = asyncio.run(read_(told, folder))
    sys.stdout.write(json.dumps([seconds, time.process_time() - began, megabytes() - before]))


def measured(name: str, told: Json, folder: Path) -> list[float]:
    """What a process of its own says of one side."""
    own = folder / str(time.monotonic_ns())
    own.mkdir()
    done = subprocess.run(
        [sys.executable, __file__, name, str(own)],
        input=json.dumps(told),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: list[float] = json.loads(done.stdout)
    return found


def measure(folder: Path, runs: int, users: int = USERS) -> list[str]:
    """The lines to print."""
    with emulator(f"crowd-{users}", 0.0, "kept") as connection:
        told = {**connection, "users": users + OWN}
        measured("bare", told, folder)  # lets the pages be made; not here, for a process inherits its parent's peak
        pairs = [(measured("ours", told, folder), measured("bare", told, folder)) for _ in range(runs)]
    (mine, spent), (other, spent_there) = (
        [statistics.median(pair[side][figure] for pair in pairs) for figure in (0, 1)] for side in (0, 1)
    )
    held, kept = (max(pair[side][2] for pair in pairs) for side in (0, 1))
    ratio = statistics.median(one[0] / two[0] for one, two in pairs)
    what = f"read {users:,} users of 20 properties into columns on disk"
    return [
        f"{what:<58} {mine:6.2f} s  bare httpx {other:6.2f} s  ratio {ratio:5.2f} (at most 0.7)",
        f"{'  of processors':<58} {spent:6.2f} s  bare httpx {spent_there:6.2f} s",
        f"{'  the most memory above the imports':<58} {held:6.0f} MB (under 250)  bare httpx {kept:6.0f} MB",
    ]


if __name__ == "__main__":
    side(sys.argv[1])
