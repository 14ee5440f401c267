"""What to do with one lead, until when, and why: the table of next actions with this company's habits."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from features.clock import DAY_US, from_us, to_us
from serving.agreed.book import Playbook
from serving.agreed.hours import WorkCalendar
from serving.agreed.law import Law, Person, forbidden, kept_too_long
from serving.agreed.sequences import Sequence, next_due
from serving.planning.work import Meanings, Worked
from serving.score import Score

What = Literal["call", "write", "book", "nurture", "complete", "recycle", "wait", "drop"]
CONTACTS: tuple[What, ...] = ("call", "write", "book")
"""What takes a person's time; the rest is done by a tool, or by nobody."""
_HANDED_OVER = ("sal", "sql", "opportunity")


@dataclass(frozen=True)
class Refusal:
    """Sales have refused a lead for a reason; it comes back on a day, or never (None)."""

    reason: str
    back: date | None


@dataclass(frozen=True)
class Case:
    """All that a recommendation depends on, of one lead; `created_us` None where nobody knows."""

    score: Score
    person: Person
    work: Worked = field(default_factory=Worked)
    created_us: int | None = None
    refusal: Refusal | None = None
    excluded: bool = False


@dataclass(frozen=True)
class Recommendation:
    """What to do, from `due` on or until then (UTC; None: no day), and why; of a sequence which step.

    `urgent`: `due` is a deadline in open minutes, not the day of a step.
    """

    what: What
    due: datetime | None
    why: str
    sequence: str | None = None
    step: str | None = None
    urgent: bool = False


@dataclass(frozen=True)
class Advisor:
    """Recommends by a playbook, a calendar and a law, at one moment `now` (UTC)."""

    book: Playbook
    calendar: WorkCalendar
    law: Law
    means: Meanings
    now: datetime
    best_hour: int | None = None

    @property
    def today(self) -> date:
        """The day of `now` by the company's wall clock."""
        return self.calendar.local(self.now).date()

    def recommend(self, case: Case) -> Recommendation:
        """What to do with the lead of `case`: the first of these that applies."""
        return self._not_pursued(case) or self._of_maturity(case)

    def _not_pursued(self, case: Case) -> Recommendation | None:
        score = case.score
        if score.status == "error":
            return Recommendation("complete", None, f"cannot be scored: {score.error}")
        if score.status == "closed":
            return Recommendation("drop", None, "closed: a person has decided already")
        if score.status == "opted_out":
            return Recommendation("drop", None, "opted out of being contacted")
        if kept_too_long(self.law, case.person):
            return Recommendation("drop", None, "no sign for longer than its data may be kept: delete it")
        if case.excluded and score.override is None:
            return Recommendation("drop", None, f"{score.maturity_because or 'excluded by the scorecard'}")
        if case.refusal is not None:
            return self._refused(case.refusal)
        if score.stage is not None and "identification" in score.stage.missing:
            return Recommendation("complete", None, "no valid e-mail or phone is known")
        return None

    def _refused(self, refusal: Refusal) -> Recommendation | None:
        if refusal.back is None:
            return Recommendation("drop", None, f"refused by sales: {refusal.reason}")
        if refusal.back <= self.today:
            return None
        due = self.calendar.start_of(refusal.back)
        return Recommendation("recycle", due, f"refused by sales: {refusal.reason}; comes back then")

    def _of_maturity(self, case: Case) -> Recommendation:
        score = case.score
        missed = self._missed(case)
        if missed is not None:
            return missed
        asked = case.person.asked_days is not None and case.person.asked_days <= 1
        if score.maturity == "hot" or (score.maturity == "warm" and asked):
            return self._contact(case)
        if score.stage is not None and score.stage.name in _HANDED_OVER:
            due = self.calendar.start_of(self.today + timedelta(days=3))
            return self._by_channel(case, due, "with sales: keep the conversation going")
        return self._nurture(case)

    def _missed(self, case: Case) -> Recommendation | None:
        """A missed appointment: another is offered, as often as attempts allow, until there were too many."""
        last, habit = case.work.last(self.means.missed), self.book.contact
        if not case.work.no_shows or last is None:
            return None
        if last < (case.work.last(self.means.own) or last):
            return None  # it has come back by itself since
        if case.work.no_shows >= habit.no_shows:
            return self._rest(last, f"{case.work.no_shows} appointments missed in a row")
        if case.work.attempts >= habit.attempts:
            return None
        tried = case.work.last(self.means.attempts)
        if tried is not None and tried > last:  # it was offered already, without an answer
            return self._again(case, tried, "missed the appointment: offer another", "book")
        day = self._day(last) + timedelta(days=habit.no_show_days)
        due = self.calendar.start_of(max(day, self.today), self.best_hour)
        due = self.calendar.next_open(max(due, self.now))
        return self._by_channel(case, due, "missed the appointment: offer another", "book")

    def _contact(self, case: Case) -> Recommendation:
        score, work, habit = case.score, case.work, self.book.contact
        last = work.last(self.means.attempts)
        why = score.maturity_because or (score.next_action.reason if score.next_action else "hot")
        if not work.attempts or last is None:
            met = work.last(self.means.met)
            if met is not None and met == work.last(self.means.own):
                due = self.calendar.start_of(max(self._day(met) + timedelta(days=1), self.today))
                due = self.calendar.next_open(max(due, self.now))
                return self._by_channel(case, due, "met: agree on the next step", "book")
            return self._by_channel(case, self._deadline(case), why, urgent=True)
        if work.attempts >= habit.attempts:
            if last + habit.recycle_days * DAY_US > to_us(self.now):
                return self._rest(last, f"{work.attempts} attempts without an answer")
            return self._by_channel(case, self.calendar.next_open(self.now), f"back after a rest: {why}")
        return self._again(case, last, why)

    def _again(self, case: Case, last: int, why: str, what: What = "call") -> Recommendation:
        """The next attempt, as long after the `last` one (µs) as the playbook's attempts want."""
        attempts, habit = case.work.attempts, self.book.contact
        hours = habit.again_hours[min(attempts, len(habit.again_hours)) - 1]
        again = self.calendar.next_open(from_us(last) + timedelta(hours=hours))
        if self.best_hour is not None and hours >= 12:
            again = max(again, self.calendar.start_of(self._day(to_us(again)), self.best_hour))
        due = self.calendar.next_open(max(again, self.now))
        return self._by_channel(case, due, f"attempt {attempts + 1} of {habit.attempts}: {why}", what)

    def _deadline(self, case: Case) -> datetime:
        """Until when somebody must have tried: the sooner the fresher, in open minutes from now."""
        habit, asked = self.book.contact, case.person.asked_days
        if case.score.maturity != "hot":
            return self.calendar.after(self.now, habit.warm_minutes)
        if asked is not None and asked <= 1 / 24:
            return self.calendar.after(self.now, habit.hot_minutes)
        return self.calendar.after(self.now, 60 if asked is not None and asked <= 1 else habit.warm_minutes)

    def _rest(self, since_us: int, why: str) -> Recommendation:
        day = self._day(since_us) + timedelta(days=self.book.contact.recycle_days)
        if day <= self.today:
            return Recommendation("recycle", self.calendar.start_of(self.today), f"{why}; back after a rest")
        return Recommendation("recycle", self.calendar.start_of(day), f"{why}: rests until then")

    def _by_channel(
        self, case: Case, due: datetime, why: str, what: What = "call", *, urgent: bool = False
    ) -> Recommendation:
        """A contact by phone, else in writing, else by nobody, as far as law and consent let one."""
        by_phone = forbidden(self.law, "phone", case.person, self.today)
        if not by_phone:
            return Recommendation(what, due, why, urgent=urgent)
        by_mail = forbidden(self.law, "email", case.person, self.today)
        if not by_mail:
            return Recommendation("write", due, f"{why}; not by phone: {by_phone}", urgent=urgent)
        return Recommendation("wait", None, f"may not be contacted: {by_phone}; {by_mail}")

    def _nurture(self, case: Case) -> Recommendation:
        found = self._sequence(case)
        if found is None:
            return Recommendation("wait", None, f"{case.score.maturity}: no sequence is for it")
        sequence, start = found
        due = next_due(sequence, start, self.today, self.calendar, self.book.sequence)
        if due.step is None:
            if due.day is None:
                return Recommendation("drop", None, f"'{due.sequence}' is over", due.sequence)
            at = self.calendar.start_of(due.day)
            return Recommendation("recycle", at, f"'{due.sequence}' is over: rests until then", due.sequence)
        if due.step.channel == "email" and (why := forbidden(self.law, "email", case.person, self.today)):
            return Recommendation("wait", None, f"may not be written to: {why}", due.sequence)
        if due.step.channel == "phone" and (why := forbidden(self.law, "phone", case.person, self.today)):
            return Recommendation("wait", None, f"may not be called: {why}", due.sequence)
        assert due.day is not None
        step = f"{due.number} of {due.of}, {due.step.channel}: {due.step.what}"
        why = f"{case.score.maturity}: '{due.sequence}'"
        return Recommendation("nurture", self.calendar.start_of(due.day), why, due.sequence, step)

    def _sequence(self, case: Case) -> tuple[Sequence, date] | None:
        """The sequence that the lead is in: the one whose trigger is newest, unless something stopped it."""
        begun: list[tuple[int, int, Sequence]] = []
        for place, sequence in enumerate(self.book.sequence):
            if case.score.maturity not in sequence.maturities:
                continue
            start = case.work.last(sequence.after) if sequence.after else case.created_us
            stopped = case.work.last((*sequence.stops, *self.means.unsubscribed))
            if start is not None and (stopped is None or stopped < start):
                begun.append((start if sequence.after else 0, -place, sequence))
        if not begun:
            return None
        start, _, sequence = max(begun, key=lambda one: one[:2])
        return sequence, self._day(start if sequence.after else case.created_us or start)

    def _day(self, us: int) -> date:
        return self.calendar.local(from_us(us)).date()


def contacts(found: Many[Recommendation]) -> int:
    """How many of the recommendations take a person's time."""
    return sum(one.what in CONTACTS for one in found)
