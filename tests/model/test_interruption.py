"""SIGTERM takes the way of Ctrl-C, once, and only as long as a run is going on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from xtcheck.interruption import by_sigterm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def terminate() -> None:
    """The system's own way to this process, and time for Python to notice."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.01)


@pytest.fixture(autouse=True)
def told() -> Iterator[list[int]]:
    """The signals that the surroundings of a run were told: they have a handler of their own."""
    signals: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
    yield signals
    signal.signal(signal.SIGTERM, before)


def test_it_is_ctrl_c_meanwhile_and_what_it_was_afterwards(told: list[int]) -> None:
    with pytest.raises(KeyboardInterrupt), by_sigterm():
        terminate()
    assert told == []
    terminate()
    assert told == [signal.SIGTERM]


def test_a_second_one_does_not_interrupt_the_end() -> None:
    ended = []

    def run() -> None:
        try:
            terminate()
        finally:
            terminate()
            ended.append("cleanly")

    with pytest.raises(KeyboardInterrupt), by_sigterm():
        run()
    assert ended == ["cleanly"]


def test_what_is_under_way_is_cancelled_and_ends_first() -> None:
    ended = []

    async def run() -> None:
        asyncio.get_running_loop().call_soon(terminate)
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            ended.append("cleanly")

    with pytest.raises(KeyboardInterrupt), by_sigterm():
        asyncio.run(run())
    assert ended == ["cleanly"]


def test_it_counts_where_ctrl_c_is_ignored() -> None:
    """As a shell does with what it starts in the background."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), by_sigterm():
            terminate()
    finally:
        signal.signal(signal.SIGINT, before)


def test_who_was_told_to_ignore_it_ignores_it() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with by_sigterm():
        terminate()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_a_run_in_another_thread_leaves_it_alone(told: list[int]) -> None:
    entered, leave = threading.Event(), threading.Event()

    def run() -> None:
        with by_sigterm():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=run)
    thread.start()
    assert entered.wait(10)
    terminate()
    leave.set()
    thread.join()
    assert told == [signal.SIGTERM]
