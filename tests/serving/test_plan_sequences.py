"""A sequence that recycles comes back after its rest, whatever the day one asks."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from serving.agreed.hours import WorkCalendar
from serving.agreed.sequences import Sequence, next_due

STEPS = [{"after_days": 1, "what": "a"}, {"after_days": 8, "what": "b"}]
RESTS = Sequence(name="w", step=STEPS, recycle_days=30)
THEN = [Sequence(name="w", step=STEPS, then="news"), Sequence(name="news", step=STEPS[:1], then="drop")]
CALENDAR = WorkCalendar()


@given(st.integers(0, 700), st.integers(0, 360))
def test_what_is_next_is_never_past_and_each_round_has_its_steps(later: int, first: int) -> None:
    start = date(2025, 1, 1) + timedelta(days=first)
    today = start + timedelta(days=later)
    due = next_due(RESTS, start, today, CALENDAR)
    assert due.day is not None
    assert due.day >= today
    if due.step is None:
        back = next_due(RESTS, start, due.day, CALENDAR)
        assert (back.number, back.step and back.step.what) == (1, "a")


def test_a_rest_lasts_as_long_as_it_says_and_another_sequence_follows_at_once() -> None:
    start = date(2025, 9, 1)
    rest = next_due(RESTS, start, date(2025, 9, 15), CALENDAR)
    assert (rest.step, rest.day) == (None, date(2025, 10, 9))
    after = next_due(THEN[0], start, date(2025, 9, 10), CALENDAR, THEN)
    assert (after.sequence, after.day) == ("news", date(2025, 9, 10))
    assert next_due(THEN[0], start, date(2025, 9, 11), CALENDAR, THEN).day is None
