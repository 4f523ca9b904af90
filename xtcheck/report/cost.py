"""What reading will cost and has cost, as lines for a terminal: by tenant, and for a fleet in sum."""

from __future__ import annotations

from collections import Counter
from typing import Any

Json = Any

PLACES = 12
"""How many tenants and AWS entries are told one by one."""
SLOWEST = 3
"""How many are told of more."""

COUNTS = ("requests", "batches", "retries", "throttled")


def expected(shares: dict[str, dict[str, str]]) -> list[str]:
    """Before reading: requests by place and service; ``16+`` is at least sixteen."""
    counts: Counter[str] = Counter()
    open_: set[str] = set()
    for services in shares.values():
        for service, count in services.items():
            counts[service] += int(count.rstrip("+"))
            open_ |= {service} if count.endswith("+") else set()
    least = "at least " if open_ else ""
    head = f"to read: {least}{counts.total():,} requests"
    if len(shares) > PLACES:
        sums = ", ".join(f"{service} {counts[service]:,}{'+' * (service in open_)}" for service in sorted(counts))
        return [f"{head} of {len(shares)} tenants and AWS entries ({sums})"]
    told = (", ".join(f"{service} {count}" for service, count in services.items()) for services in shares.values())
    return [head, *(f"  {place}: {text}" for place, text in zip(shares, told, strict=True))]


def spent(costs: list[Json]) -> list[str]:
    """After reading: a table, of many places the slowest, and the sum."""
    read = [cost for cost in costs if cost["requests"]]
    if not read:
        return []
    slowest = sorted(read, key=lambda cost: -cost["seconds"])[:SLOWEST]
    rows = [(cost["tenant"], *_cells(cost)) for cost in (read if len(read) <= PLACES else slowest)]
    if len(read) > 1:
        total = {name: sum(cost[name] for cost in read) for name in (*COUNTS, "bytes")}
        total["seconds"] = max(cost["seconds"] for cost in read)
        rows.append((f"all {len(read)}", *_cells(total)))
    head = ("read", *COUNTS, "bytes", "seconds")
    wide = max(len(row[0]) for row in (head, *rows))
    return [f"{name:<{wide}}  " + "  ".join(f"{cell:>9}" for cell in cells) for name, *cells in (head, *rows)]


def _cells(cost: Json) -> tuple[str, ...]:
    return (
        *(f"{cost[name]:,}" if cost[name] else "." for name in COUNTS),
        size(cost["bytes"]),
        f"{cost['seconds']:.1f}",
    )


def size(count: int) -> str:
    """Bytes as a person says them."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= bytes_:
            return f"{count / bytes_:.1f} {unit}"
    return f"{count} B"
