"""What reading costs, before and after, and how far it is: what a person sees of it."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

import pytest

from xtcheck.report import cost, progress

Shares = dict[str, dict[str, str]]


def spent(tenant: str, requests: int = 0, seconds: float = 0.0, **more: int) -> dict[str, object]:
    figures = dict.fromkeys(("batches", "retries", "throttled", "bytes"), 0)
    return {"tenant": tenant, "requests": requests, "seconds": seconds, **figures, **more}


def test_before_reading_each_place_is_told_by_service() -> None:
    shares = {"one": {"graph": "15"}, "aws-main": {"sso-admin": "14+", "organizations": "3"}}
    assert cost.expected(shares) == [
        "to read: at least 32 requests",
        "  one: graph 15",
        "  aws-main: sso-admin 14+, organizations 3",
    ]


def test_what_is_known_exactly_is_said_so() -> None:
    assert cost.expected({"one": {"graph": "2"}})[0] == "to read: 2 requests"


def test_of_a_fleet_the_sums_are_told() -> None:
    shares = {f"s{number}": {"graph": "40+"} for number in range(1000)}
    assert cost.expected(shares) == [
        "to read: at least 40,000 requests of 1000 tenants and AWS entries (graph 40,000+)"
    ]


def test_after_reading_there_is_a_table_with_a_sum() -> None:
    costs = [spent("one", 15, 1.25, batches=2, bytes=200_500), spent("two", 1400, 3.0, throttled=7), spent("idle")]
    assert cost.spent(costs) == [
        "read    requests    batches    retries  throttled      bytes    seconds",
        "one           15          2          .          .   200.5 kB        1.2",
        "two        1,400          .          .          7        0 B        3.0",
        "all 2      1,415          2          .          7   200.5 kB        3.0",
    ]


def test_of_a_fleet_the_slowest_are_told() -> None:
    lines = cost.spent([spent(f"s{number}", 1, float(number)) for number in range(1000)])
    assert len(lines) == cost.SLOWEST + 2
    assert lines[1].startswith("s999 ")
    assert lines[-1].startswith("all 1000 ")


def test_nothing_read_is_no_table() -> None:
    assert cost.spent([spent("one")]) == []


@pytest.mark.parametrize("count, text", [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2 * 10**6, "2.0 MB")])
def test_bytes_are_said_as_a_person_says_them(count: int, text: str) -> None:
    assert cost.size(count) == text


class Reporter:
    """As much of pytest's reporter as progress needs."""

    def __init__(self, verbosity: int = 0, *, watched: bool = False) -> None:
        self.verbosity, self.watched = verbosity, watched
        self.lines: list[str] = []

    def isatty(self) -> bool:
        return self.watched

    def write_line(self, line: str, **_: object) -> None:
        self.lines.append(line)


def test_a_log_gets_plain_lines() -> None:
    reporter = Reporter()
    with progress.shown_on(reporter) as shown:
        assert shown
        shown.show(5.2, 10, {"one": 3, "two": 9, "three": 1, "four": 2}, 4)
    told = "10 of 25 requests answered, waiting for two 9, one 3, four 2 and 1 more (throttled 4 times)"
    assert reporter.lines == [f"reading for 5 s: {told}"]


def test_with_q_and_without_a_reporter_nothing_is_shown() -> None:
    for reporter in (Reporter(-1, watched=True), None):
        with progress.shown_on(reporter) as shown:
            assert shown is None


def test_a_terminal_gets_one_line_that_is_gone_at_the_end() -> None:
    screen = io.StringIO()
    reporter = Reporter(watched=True)
    with redirect_stdout(screen), pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_COLOR", "1")
        patch.setenv("TERM", "xterm")
        patch.setenv("COLUMNS", "100")
        with progress.shown_on(reporter) as shown:
            assert shown
            shown.show(0.2, 10, {"one": 5}, 0)
    assert "10 of 15 requests answered, waiting for one 5" in screen.getvalue()
    assert screen.getvalue().rstrip().endswith("\x1b[2K")
    assert reporter.lines == []


def test_only_a_terminal_pays_for_rich() -> None:
    import subprocess
    import sys

    program = "import sys, xtcheck.plugin, xtcheck.engine; print('rich' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
