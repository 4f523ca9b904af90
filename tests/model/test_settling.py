"""What a documented delay may still excuse, and until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xtcheck.settling import Lag, Pending, Perhaps, Settled, Start, settling, words

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAG = Lag(DAY, "the service follows a change", "a page")


def test_what_changed_within_the_window_is_pending_until_its_end() -> None:
    found = settling(NOW, LAG, start=Start(NOW - 2 * HOUR))
    assert found == Pending(NOW + 22 * HOUR, 22 * HOUR, LAG, DAY)
    assert str(found) == "pending: the service follows a change within 1 day; 22 h of that are left"


def test_what_the_service_is_still_at_is_pending_although_nobody_knows_until_when() -> None:
    found = settling(NOW, LAG, start=Start(NOW - 3 * DAY), at_it=True)
    assert isinstance(found, Pending)
    assert found.until is None
    assert str(found) == "pending: the service follows a change within 1 day; it is at it now"


def test_when_nobody_knows_since_when_it_may_be_settling() -> None:
    found = settling(NOW, LAG)
    assert str(found) == "may be settling: the service follows a change within 1 day, and since when is not known"


def test_that_something_is_old_does_not_tell_that_it_did_not_change_since() -> None:
    assert settling(NOW, LAG, start=Start(NOW - 3 * DAY)) == Perhaps(LAG, DAY)


def test_what_did_not_change_for_longer_than_the_window_is_settled() -> None:
    assert settling(NOW, LAG, start=Start(latest=NOW - DAY)) == Settled()
    assert settling(NOW, LAG, start=Start(latest=NOW - DAY), at_it=True) == Settled()
    assert settling(NOW, LAG, start=Start(NOW - HOUR, NOW - HOUR)) != Settled()


def test_the_policy_caps_the_window() -> None:
    assert settling(NOW, LAG, declared=HOUR, start=Start(NOW - 2 * HOUR)) == Perhaps(LAG, HOUR)
    assert settling(NOW, LAG, declared=HOUR, start=Start(latest=NOW - 2 * HOUR)) == Settled()
    assert isinstance(settling(NOW, LAG, declared=3 * HOUR, start=Start(NOW - 2 * HOUR)), Pending)
    assert settling(NOW, LAG, declared=timedelta(0), start=Start(NOW), at_it=True) == Settled()


AGES = st.timedeltas(timedelta(0), 3 * DAY)


@given(age=AGES, window=st.timedeltas(timedelta(minutes=1), 2 * DAY), later=AGES)
def test_what_is_pending_ends_and_what_is_settled_stays_so(age: timedelta, window: timedelta, later: timedelta) -> None:
    changed = NOW - age
    found = settling(NOW, LAG, declared=window, start=Start(changed, changed))
    assert isinstance(found, Pending) is (age < window)
    then = settling(NOW + later, LAG, declared=window, start=Start(changed, changed))
    assert isinstance(then, Settled) is (age + later >= window)


@pytest.mark.parametrize(
    "length, said",
    [(DAY, "1 day"), (7 * DAY, "7 days"), (HOUR, "1 h"), (timedelta(minutes=125), "2 h 5 min"),
     (timedelta(minutes=9), "9 min"), (timedelta(seconds=3), "1 min")],
)  # fmt: skip
def test_a_length_of_time_is_said_to_the_minute(length: timedelta, said: str) -> None:
    assert words(length) == said
