"""What is recommended follows from maturity, attempts, missed appointments, consent and the day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import parse_recipe
from features.clock import DAY_US, HOUR_US, to_us
from serving.agreed.book import parse_playbook
from serving.agreed.hours import WorkCalendar
from serving.agreed.law import Law, Person, forbidden, law_of
from serving.agreed.sequences import next_due
from serving.planning.recommend import CONTACTS, Advisor, Case, Refusal
from serving.planning.work import Meanings, Worked, clear_best
from serving.score import NextAction, Score, Stage

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday, 10 h in Paris
US = to_us(NOW)
RECIPE = parse_recipe("""
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
events = "events.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[events.kinds]
demo_request = "intent"
meeting_held = "intent"
webinar_attended = "interest"
call = "contact"
no_show = "negative"
unsubscribe = "negative"
""")
BOOK = parse_playbook(
    """
[contact]
hot_minutes = 5
attempts = 3
again_hours = [4, 24]
recycle_days = 30
[[sequence]]
name = "webinar"
after = ["webinar_attended"]
stops = ["demo_request"]
then = "drop"
[[sequence.step]]
after_days = 1
what = "slides"
[[sequence.step]]
after_days = 6
what = "a case"
""",
    RECIPE,
)
CALENDAR = WorkCalendar(BOOK.hours, "Europe/Paris")
ADVISOR = Advisor(BOOK, CALENDAR, Law(), Meanings(RECIPE, BOOK), NOW)
PERSON = Person(False)


def score(maturity: str = "hot", stage: str = "mql", **other: object) -> Score:
    return Score(
        lead_id="a", status="scored", as_of=NOW, horizon_days=90, probability=0.2, score=80, grade="A1",
        maturity=maturity, stage=Stage(name=stage),
        next_action=NextAction(action="call", deadline=None, reason="why"),
    ).model_copy(update=other)  # fmt: skip


def days(number: float) -> int:
    return US - round(number * DAY_US)


def told(case: Case) -> tuple[str, str | None]:
    found = ADVISOR.recommend(case)
    return found.what, None if found.due is None else f"{CALENDAR.local(found.due):%d %H:%M}"


def test_the_fresher_a_hot_lead_the_sooner_in_open_minutes() -> None:
    for age, due in ((0.01, "02 10:05"), (0.5, "02 11:00"), (9, "02 15:30"), (None, "02 15:30")):
        assert told(Case(score(), replace(PERSON, asked_days=age))) == ("call", due)
    friday = replace(ADVISOR, now=datetime(2026, 3, 6, 16, 58, tzinfo=UTC))
    late = friday.recommend(Case(score(), replace(PERSON, asked_days=0.01)))
    assert f"{CALENDAR.local(late.due):%a %H:%M}" == "Mon 09:03"


def test_attempts_wait_longer_each_time_then_the_lead_rests_and_comes_back() -> None:
    one = Worked(1, 0, {"call": US - 2 * HOUR_US})
    assert told(Case(score(), PERSON, one)) == ("call", "02 12:00")
    assert told(Case(score(), PERSON, Worked(1, 0, {"call": US - HOUR_US}))) == ("call", "02 14:00")  # lunch
    assert told(Case(score(), PERSON, Worked(2, 0, {"call": days(0.1)}))) == ("call", "03 09:00")
    assert told(Case(score(), PERSON, Worked(2, 0, {"call": days(4)}))) == ("call", "02 10:00")
    rest = ADVISOR.recommend(Case(score(), PERSON, Worked(3, 0, {"call": days(1)})))
    assert (rest.what, CALENDAR.local(rest.due).date()) == ("recycle", date(2026, 3, 31))
    back = ADVISOR.recommend(Case(score(), PERSON, Worked(3, 0, {"call": days(31)})))
    assert (back.what, back.why.startswith("back after a rest")) == ("call", True)


def test_a_missed_appointment_is_offered_again_until_there_were_too_many() -> None:
    missed = Worked(0, 1, {"no_show": days(0.1)})
    assert told(Case(score("warm"), PERSON, missed))[0] == "book"
    assert told(Case(score(), PERSON, Worked(0, 2, {"no_show": days(0.1)})))[0] == "recycle"
    since = Worked(0, 1, {"no_show": days(2), "demo_request": days(1)})
    assert told(Case(score(), PERSON, since))[0] == "call"
    met = Worked(0, 0, {"meeting_held": days(0.2)})
    assert told(Case(score(), PERSON, met)) == ("book", "03 09:00")


@given(
    st.sampled_from(["hot", "warm", "cold"]),
    st.lists(st.sampled_from(["", "", "", "miss"]), min_size=20, max_size=120),
)
def test_no_lead_is_called_more_often_than_attempts_allow(maturity: str, days_gone: list[str]) -> None:
    """Whatever appointments it misses, asked every morning; it never asks for anything by itself."""
    habit, calls, misses = BOOK.contact, list[int](), list[int]()
    for number, happened in enumerate(days_gone):
        now = NOW + timedelta(days=number)
        if happened and CALENDAR.is_open(now):
            misses.append(to_us(now) - HOUR_US)
        newest = {"call": calls[-1:], "no_show": misses[-1:]}
        work = Worked(len(calls), len(misses), {kind: at[0] for kind, at in newest.items() if at})
        found = replace(ADVISOR, now=now).recommend(Case(score(maturity), PERSON, work))
        if found.what not in CONTACTS or not (found.urgent or found.due <= now):
            continue
        calls.append(to_us(now))
        assert sum(at > calls[-1] - habit.recycle_days * DAY_US for at in calls) <= habit.attempts
        if len(calls) > 1 and not any(calls[-2] < at for at in misses):
            place = min(len(calls) - 1, len(habit.again_hours)) - 1
            assert calls[-1] - calls[-2] >= habit.again_hours[place] * HOUR_US


def test_a_missed_appointment_that_was_offered_waits_as_attempts_do_whatever_the_maturity() -> None:
    for maturity in ("hot", "warm", "cold"):
        tried = Worked(1, 1, {"no_show": days(2), "call": US - 2 * HOUR_US})
        assert told(Case(score(maturity), PERSON, tried)) == ("book", "02 12:00")
        twice = Worked(2, 1, {"no_show": days(2), "call": days(0.1)})
        assert told(Case(score(maturity), PERSON, twice)) == ("book", "03 09:00")
        given_up = Worked(3, 1, {"no_show": days(2), "call": days(0.1)})
        assert told(Case(score(maturity), PERSON, given_up))[0] == (
            "recycle" if maturity == "hot" else "wait"
        )


def test_a_sequence_goes_on_by_days_and_stops_when_the_lead_asks_or_unsubscribes() -> None:
    cold = score("cold", "lead")
    steps = {0: "1 of 2", 1: "1 of 2", 3: "1 of 2", 4: "2 of 2", 6: "2 of 2"}  # Friday's waits for Monday
    for age, step in steps.items():
        found = ADVISOR.recommend(Case(cold, PERSON, Worked(0, 0, {"webinar_attended": days(age)})))
        assert (found.what, found.step[:6]) == ("nurture", step)
        assert CALENDAR.local(found.due).date() >= date(2026, 3, 2)
    over = ADVISOR.recommend(Case(cold, PERSON, Worked(0, 0, {"webinar_attended": days(20)})))
    assert over.what == "drop"
    for stop in ("demo_request", "unsubscribe"):
        stopped = Worked(0, 0, {"webinar_attended": days(2), stop: days(1)})
        assert ADVISOR.recommend(Case(cold, PERSON, stopped)).what == "wait"
    again = Worked(0, 0, {"webinar_attended": days(1), "demo_request": days(2)})
    assert ADVISOR.recommend(Case(cold, PERSON, again)).what == "nurture"


@given(
    st.sampled_from(["hot", "warm", "cold"]),
    st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
    st.integers(0, 9), st.integers(0, 3), st.floats(0, 400),
)  # fmt: skip
def test_nobody_is_contacted_whom_a_person_the_law_or_a_rule_keeps_from_it(
    maturity, closed, opted_out, excluded, refused, unreachable, attempts, missed, age
):
    """Whatever the attempts, no-shows and requests are."""
    status = "closed" if closed else "opted_out" if opted_out else "scored"
    stage = Stage(name="contact", missing=["identification"]) if unreachable else Stage(name="mql")
    newest = {kind: days(age) for kind in ("call", "demo_request", "no_show")[: 1 + attempts % 3]}
    case = Case(
        score(maturity, status=status).model_copy(update={"stage": stage}),
        replace(PERSON, asked_days=age),
        Worked(attempts, missed, newest),
        days(500),
        Refusal("no budget", None) if refused else None,
        excluded,
    )
    found = ADVISOR.recommend(case)
    if closed or opted_out or excluded or refused or unreachable:
        assert found.what in ("drop", "complete")
    assert found.why
    if found.what in CONTACTS:
        assert found.due >= NOW
        assert found.urgent or CALENDAR.is_open(found.due)


def test_a_refused_lead_comes_back_on_its_day_and_not_before() -> None:
    for back, what in ((date(2026, 3, 9), "recycle"), (date(2026, 3, 2), "call"), (None, "drop")):
        assert told(Case(score(), PERSON, refusal=Refusal("no time", back)))[0] == what


FRENCH = law_of("FR", None, None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("consumer", "consent", "asked", "day", "allowed"),
    [
        (True, False, None, date(2026, 8, 10), True),
        (True, False, None, date(2026, 8, 11), False),
        (True, True, None, date(2026, 8, 11), True),
        (True, False, 3.0, date(2026, 8, 11), True),
        (True, False, 31.0, date(2026, 8, 11), False),
        (None, False, None, date(2026, 8, 11), False),
        (False, False, None, date(2026, 8, 11), True),
    ],
)
def test_consumers_are_called_with_consent_alone_from_the_day_on(consumer, consent, asked, day, allowed):
    person = Person(consumer, frozenset({"phone"} if consent else ()), asked)
    assert (forbidden(FRENCH, "phone", person, day) == "") == allowed


def test_who_may_not_be_called_is_written_to_and_else_left_alone() -> None:
    lawful = replace(ADVISOR, law=FRENCH, now=NOW + timedelta(days=168))
    consumer = Person(True, frozenset({"email"}))
    assert lawful.recommend(Case(score(), consumer)).what == "write"
    assert lawful.recommend(Case(score(), replace(consumer, unsubscribed=True))).what == "wait"
    assert lawful.recommend(Case(score(), Person(True))).what == "wait"
    old = lawful.recommend(Case(score(), replace(consumer, seen_days=1096)))
    assert (old.what, "delete" in old.why) == ("drop", True)


@given(st.integers(0, 400), st.integers(0, 40))
def test_the_steps_of_a_sequence_come_once_each_in_order(start_day: int, length: int) -> None:
    """Asked every day, a sequence gives each step on one day, the steps in order, none on a closed day."""
    sequence, start = BOOK.sequence[0], date(2026, 1, 1) + timedelta(days=start_day)
    seen = []
    for more in range(length):
        today = start + timedelta(days=more)
        due = next_due(sequence, start, today, CALENDAR)
        if due.step is not None and due.day == today:
            seen.append(due.number)
            assert CALENDAR.open_day(today) == today
    assert seen == sorted(set(seen))
    if length >= 10:
        assert seen == [1, 2]


@given(st.lists(st.tuples(st.integers(100, 5000), st.floats(0, 1)), min_size=1, max_size=12))
def test_an_hour_is_named_best_only_above_the_rate_of_all(hours: list[tuple[int, float]]) -> None:
    told = [(hour, n, int(n * share)) for hour, (n, share) in enumerate(hours)]
    found = clear_best(told)
    if found is not None:
        rates = {hour: k / n for hour, n, k in told}
        assert rates[found[0]] > sum(k for *_, k in told) / sum(n for _, n, _ in told)
    assert clear_best([(9, n, n // 10) for n in (500,)]) is None
