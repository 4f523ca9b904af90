"""Three mappings on a million users, beside the same three written by hand in polars."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
from sizes import sized

from xtcheck.languages.expressions import parse

USERS = sized(1_000_000)
MAPPINGS = ("[mail]", '"true"', 'Append([displayName], "|AnyOrganizationOne")')
BY_HAND = (
    pl.col("mail"),
    pl.repeat("true", pl.len()),
    pl.concat_str("displayName", pl.lit("|AnyOrganizationOne")),
)


def users() -> pl.DataFrame:
    """A large tenant: distinct names and addresses, fifty departments, one in seven users without any."""
    number = pl.int_range(USERS)
    department = pl.when(number % 7 != 0).then(pl.format("Department {}", number % 50))
    return pl.select(
        pl.format("User {}", number).alias("displayName"),
        pl.format("u{}@contoso.com", number).alias("mail"),
        department.alias("department"),
    )


def seconds(run: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def measure(_: Path, runs: int) -> list[str]:
    """The lines to print."""
    table = users()
    expressions = [parse(text) for text in MAPPINGS]

    def ours() -> None:
        for expression in expressions:
            expression.columns(table)

    def by_hand() -> None:
        for column in BY_HAND:
            table.select(column)

    ours()
    by_hand()
    pairs = [(seconds(ours), seconds(by_hand)) for _ in range(2 * runs + 1)]
    mine, other = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(one / two for one, two in pairs)
    name = f"direct, constant and Append for {USERS:,} users"
    lines = [f"{name:<58} {mine * 1000:6.0f} ms  by hand {other * 1000:6.0f} ms  ratio {ratio:5.2f} (no goal)"]
    for text in ('Append([department], "|One")', "PCase([department])", "PCase([displayName])"):
        expression = parse(text)
        took = seconds(lambda expression=expression: expression.columns(table))  # type: ignore[misc]
        lines.append(f"{text:<58} {took * 1000:6.0f} ms")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    return [*lines, f"{'peak memory, users included':<58} {most:6.0f} MB"]
