"""A CRM's limits are never passed, whatever is sent; and as long as it asks to wait, nothing is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.push.pace import CallPace
from serving.vendors.adapter import CrmAnswer
from serving.vendors.answers import seconds_of
from serving.vendors.profile import VENDORS, RateWindow, crm_profile
from tests.vendors.clock import TurnedClock

windows = st.lists(
    st.builds(
        RateWindow,
        calls=st.integers(1, 20).map(float),
        seconds=st.floats(0.5, 60, allow_nan=False),
    ),
    max_size=3,
)


@given(windows, st.lists(st.tuples(st.integers(1, 8), st.floats(0, 5)), max_size=60))
def test_no_window_ever_holds_more_than_its_calls(
    limits: list[RateWindow], calls: list[tuple[int, float]]
) -> None:
    clock = TurnedClock()
    pace, made = CallPace(limits, clock), list[tuple[float, int]]()
    for cost, idle in calls:
        clock.sleep(idle)
        pace.wait(cost)
        made.append((clock.seconds(), cost))
    for window in limits:
        for at, cost in made:
            inside = [spent for moment, spent in made if at - window.seconds + 1e-6 < moment <= at]
            assert sum(inside) <= max(window.calls, cost)


@given(windows, st.integers(1, 40))
def test_nobody_waits_longer_than_the_limits_ask(limits: list[RateWindow], calls: int) -> None:
    clock = TurnedClock()
    pace = CallPace(limits, clock)
    for _ in range(calls):
        pace.wait(1)
    needed = max((((calls - 1) // window.calls) * window.seconds for window in limits), default=0.0)
    assert clock.seconds() <= needed * len(limits) + 0.01 * calls


@given(st.floats(0, 1000))
def test_what_is_held_back_is_held_for_all(seconds: float) -> None:
    clock = TurnedClock()
    pace = CallPace([], clock)
    pace.hold(seconds)
    assert pace.held == seconds
    pace.wait(1)
    assert clock.seconds() >= seconds
    assert pace.held == 0


def test_retry_after_is_seconds_or_a_date() -> None:
    def told(text: str) -> float | None:
        return seconds_of(CrmAnswer(429, {"retry-after": text}))

    assert told("17") == 17
    assert told("-3") == 0
    assert told("soon") is None
    assert seconds_of(CrmAnswer(429)) is None
    later = told(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert later is not None
    assert 80 < later <= 90
    assert told(format_datetime(datetime(2001, 1, 1, tzinfo=UTC), usegmt=True)) == 0


@pytest.mark.parametrize("vendor", VENDORS)
def test_each_vendors_data_are_whole(vendor: str) -> None:
    profile = crm_profile(vendor)
    assert profile.windows
    assert profile.where["undo"]
    assert profile.where["token"]
    names = [told.name for told in profile.properties.values()]
    assert len(set(names)) == len(names)
    assert all(told.label.en and told.label.fr for told in profile.properties.values())
