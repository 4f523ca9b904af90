"""Membership rules over a million users, beside the same filter written by hand in polars; one by one, beside a bare
function; and two rules compared.

The processes that measure are started one after another, each on one core (``POLARS_MAX_THREADS``), so that the peak of
memory is that of one of them.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sizes import sized

USERS = sized(1_000_000)
Json = Any


def users(count: int) -> Any:
    """Users as Graph sends them: few departments, mail addresses of their own, one name in twenty beyond ASCII."""
    import polars as pl

    number = pl.int_range(count, dtype=pl.UInt32)
    frame = pl.select(number.alias("n"), (number * 2_654_435_761 % 1_000_003).alias("h"))
    n, h = pl.col("n").cast(pl.String), pl.col("h")

    def few(*values: str | None) -> pl.Expr:
        return pl.lit(pl.Series(values)).implode().list.explode().gather(h % len(values))

    given = few("Sofia", "Zoë", "Mateo", "Amélie", *(f"Name{at}" for at in range(38)))
    service = few("exchange", "SCO", "SharePoint", "MicrosoftOffice")
    status = few("Enabled", "Enabled", "Deleted")
    plans = [pl.struct(servicePlanId=n, service=service, capabilityStatus=status) for _ in range(2)]
    return frame.select(
        id=pl.format("{}-4000-8000", n),
        displayName=pl.format("{} Person {}", given, n),
        userPrincipalName=pl.format("Person{}@Contoso{}.com", n, h % 7),
        mail=pl.when(h % 20 > 0).then(pl.format("Person{}@Contoso{}.com", n, h % 7)),
        department=few(*(None if at % 10 == 0 else f"Department {at}" for at in range(300))),
        accountEnabled=h % 9 > 0,
        employeeHireDate=few(*(f"20{at // 12:02}-{at % 12 + 1:02}-15T00:00:00Z" for at in range(300))),
        proxyAddresses=pl.concat_list(
            pl.format("SMTP:person{}@contoso{}.com", n, h % 7), pl.format("smtp:p{}@old.example", n)
        ),
        assignedPlans=pl.concat_list(plans),
    )


def by_hand() -> dict[str, tuple[str, Any]]:
    """Each documented operator: a rule, and the filter that somebody would write for it in polars."""
    import polars as pl

    department, mail, upn = (pl.col(name).str.to_lowercase() for name in ("department", "mail", "userPrincipalName"))
    some = [f"Person{at * 97}@Contoso{at % 7}.com" for at in range(90)]
    listed = ", ".join(f'"{each}"' for each in some)
    element, plan = pl.element(), pl.element().struct
    hired = pl.col("employeeHireDate").str.to_datetime(time_unit="us", time_zone="UTC")
    intune = (plan.field("service").str.to_lowercase() == "sco") & (
        plan.field("capabilityStatus").str.to_lowercase() == "enabled"
    )
    return {
        "-eq": ('user.department -eq "Department 7"', department == "department 7"),
        "-ne": ('user.department -ne "Department 7"', department != "department 7"),
        "-eq true": ("user.accountEnabled -eq true", pl.col("accountEnabled")),
        "-eq null": ("user.mail -eq null", pl.col("mail").is_null()),
        "-startsWith": ('user.userPrincipalName -startsWith "person12"', upn.str.starts_with("person12")),
        "-endsWith": ('user.mail -endsWith "@contoso3.com"', mail.str.ends_with("@contoso3.com")),
        "-contains": ('user.mail -contains "n77"', mail.str.contains("n77", literal=True)),
        "-notContains": ('user.mail -notContains "n77"', ~mail.str.contains("n77", literal=True)),
        "-in": (f"user.userPrincipalName -in [{listed}]", upn.is_in([each.lower() for each in some])),
        "-match": (r'user.mail -match "7[0-9]+@contoso[13]\.com$"', mail.str.contains(r"7[0-9]+@contoso[13]\.com$")),
        "-match name": (
            'user.displayName -match "^(Sofia|Zoë) Person 9"',
            pl.col("displayName").str.contains("(?i)^(Sofia|Zoë) Person 9"),
        ),
        "-match (?=": ('user.displayName -match "^(?=S).*99$"', None),
        "-ge": ("user.employeeHireDate -ge 2012-01-01T00:00:00Z", hired >= datetime(2012, 1, 1, tzinfo=UTC)),
        "-any": (
            'user.proxyAddresses -any (_ -endsWith "@contoso3.com")',
            pl.col("proxyAddresses").list.eval(element.str.to_lowercase().str.ends_with("@contoso3.com")).list.any(),
        ),
        "-all": (
            'user.proxyAddresses -all (_ -startsWith "smtp:p")',
            pl.col("proxyAddresses").list.eval(element.str.to_lowercase().str.starts_with("smtp:p")).list.all(),
        ),
        "-any plan": (
            "user.assignedPlans -any (assignedPlan.service -eq 'SCO' -and assignedPlan.capabilityStatus -eq 'Enabled')",
            pl.col("assignedPlans").list.eval(intune).list.any(),
        ),
        "-and": (
            'user.department -eq "Department 7" -and user.accountEnabled -eq true',
            (department == "department 7") & pl.col("accountEnabled"),
        ),
    }


def timed(work: Callable[[], Any], runs: int) -> float:
    """Seconds, the median of some runs."""
    taken = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def writing(path: str) -> Json:
    """The users to a file, as a reader leaves them."""
    users(USERS).write_parquet(path)
    return None


def selecting(path: str, runs: int) -> Json:
    """For each operator: the first rule over these users, further ones, and by hand."""
    import polars as pl

    from xtcheck.languages.rules import parse
    from xtcheck.languages.rules.population import Population
    from xtcheck.languages.rules.select import select

    frame = pl.read_parquet(path)
    shared = Population(frame)
    rows = []
    for name, (text, expression) in by_hand().items():
        rule = parse(text, semantics={"null_negative": "complement"})
        first = timed(lambda rule=rule: select(rule, frame), runs)
        select(rule, shared)
        further = timed(lambda rule=rule: select(rule, shared), runs)
        hand = None
        if expression is not None:
            hand = timed(lambda expression=expression: frame.filter(expression).get_column("id"), runs)
        rows.append([name, first, further, hand])
    return rows


def hundred(path: str) -> Json:
    """A hundred different rules of all operators over users in a file: seconds, and the peak of memory in MB."""
    import polars as pl

    from xtcheck.languages.rules import parse
    from xtcheck.languages.rules.population import Population
    from xtcheck.languages.rules.select import select

    texts = [text for text, _ in by_hand().values()]
    rules = [parse(f"({texts[at % len(texts)]}) -and (user.mail -notContains 'z{at}')") for at in range(100)]
    start = time.perf_counter()
    population = Population(pl.scan_parquet(path))
    for rule in rules:
        select(rule, population)
    return [time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]


def matching(runs: int) -> Json:
    """A simple rule and a larger one over dictionaries, beside a bare function that does the least."""
    from xtcheck.languages.rules import parse

    people = [
        {"id": str(at), "department": "Sales" if at % 3 else "IT", "accountEnabled": True} for at in range(100_000)
    ]
    simple = parse('user.department -eq "Sales"')
    larger = parse(
        '(user.department -startsWith "Sa") -and (user.accountEnabled -eq true) -and (user.department -ne "x")'
    )

    def every(ask: Callable[[Json], Any]) -> Callable[[], None]:
        def work() -> None:
            for person in people:
                ask(person)

        return work

    seconds = [
        timed(every(ask), runs)
        for ask in (
            simple.matches,
            larger.matches,
            lambda person: (person.get("department") or "").lower() == "sales",
        )
    ]
    return [each / len(people) * 1e6 for each in seconds]


def comparing(runs: int) -> Json:
    """Pairs of rules, from one comparison each to twenty, and some that explode."""
    from xtcheck.languages.rules import parse
    from xtcheck.languages.rules.compare import compare

    def anyhow(form: str, count: int, *, reverse: bool = False) -> str:
        parts = [f"({form.format(at, at * 7919 % 997)})" for at in range(count)]
        return " -or ".join(reversed(parts) if reverse else parts)

    contains, mixed = 'user.department -contains "word{}x{}"', 'user.department -eq "d{0}" -and user.city -eq "c{1}"'
    fields = ("department", "city", "jobTitle", "companyName")
    guests = " -and ".join(
        f"(user.{name} -ne null) -and ((user.{name} -startsWith 'a') -or (user.{name} -endsWith 'b'))"
        for name in fields
    )
    pairs = {
        "one equals": ('user.department -eq "Sales"', 'user.department -in ["sales"]'),
        "a pattern": (r'user.mail -match "@contoso\.com$"', 'user.mail -endsWith "@contoso.com"'),
        "20 contains, other order": (anyhow(contains, 20), anyhow(contains, 20, reverse=True)),
        "20 contains, one changed": (
            anyhow(contains, 20),
            anyhow(contains, 19) + ' -or (user.department -contains "w")',
        ),
        "20 in pairs, one changed": (anyhow(mixed, 10), anyhow(mixed, 9) + ' -or (user.department -eq "d9")'),
        "16 on 4 properties": (guests, f"-not (-not ({guests}))"),
        "16 on 4, one changed": (guests, guests.replace("'b'", "'c'", 1)),
        "counting (explodes)": ('user.city -match "(a|b)*a(a|b){18}"', 'user.city -match "(a|b)*a(a|b){17}(a|c)"'),
        "80 in pairs, all changed": tuple(
            anyhow(f'user.department -contains "{x}{{0}}" -and user.city -endsWith "{{0}}"', 40) for x in "xy"
        ),
    }
    rows = []
    for name, texts in pairs.items():
        one, other = map(parse, texts)
        taken = timed(lambda one=one, other=other: compare(one, other), max(runs, 3))
        rows.append([name, taken, type(compare(one, other)).__name__])
    return rows


def _asked(part: str, *given: object) -> Json:
    done = subprocess.run(
        [sys.executable, __file__, part, *map(str, given)],
        env={**os.environ, "POLARS_MAX_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def measure(folder: Path, runs: int) -> list[str]:
    """All of it, as lines."""
    path = folder / "users.parquet"
    _asked("writing", path)
    lines, further = [], []
    for name, first, again, hand in _asked("selecting", path, runs):
        beside = "" if hand is None else f"; by hand {hand * 1000:7.1f} ms: {again / hand:4.2f} of it (at most 2)"
        lines.append(f"select {name:12} {again * 1000:7.1f} ms, the first {first * 1000:7.1f} ms{beside}")
        further.append(again)
    taken, peak = _asked("hundred", path)
    simple, larger, bare = _asked("matching", runs)
    lines += [
        f"select: median {statistics.median(further):.3f} s (at most 0.15), worst {max(further):.2f} s (at most 1)",
        f"select: 100 rules over {USERS} users {taken:.2f} s (under 30), peak {peak:.0f} MB (under 2048)",
        f"matches: a simple rule {simple:.2f} us a user (under 1), {simple / bare:.1f} times a bare function",
        f"matches: three comparisons {larger:.2f} us a user",
    ]
    for name, seconds, outcome in _asked("comparing", runs):
        lines.append(f"compare {name:26} {seconds * 1000:7.1f} ms  {outcome}")
    return lines


def main(part: str, *given: str) -> None:
    """One part, in a process of its own."""
    match part:
        case "writing":
            found = writing(*given)
        case "selecting":
            found = selecting(given[0], int(given[1]))
        case "hundred":
            found = hundred(*given)
        case "matching":
            found = matching(int(given[0]))
        case "comparing":
            found = comparing(int(given[0]))
        case _:
            sys.exit(f"no part is called {part}")
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
