"""Today's list for each owner: every open lead with what to do, until when, who, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from features.clock import from_us
from features.errors import LeadscoreError
from features.language import Language
from features.progress import Tick
from features.readings import offline
from features.recipe import Recipe
from features.tables import Tables
from serving.agreed.book import Playbook
from serving.agreed.hours import WorkCalendar
from serving.agreed.law import Law, LawChannel, Person
from serving.answer import Ladder
from serving.exploration import Arrived
from serving.planning.assign import PlannedLead, assigned
from serving.planning.leads import OpenLeads, open_with_stage
from serving.planning.recommend import Advisor, Case, Refusal
from serving.planning.routing import NOBODY_FREE, Claim
from serving.planning.told import PlanTold
from serving.planning.work import Meanings, Worked, best_hour, worked
from serving.returned import require_value
from serving.score import Score
from serving.words.translation import translated

_AT_ONCE = 5_000


@dataclass(frozen=True)
class Plan:
    """The list of one moment; `leads` by owner, the most urgent first. `notes` are about the whole plan.

    `language` is that of its sentences and of its page.
    """

    now: datetime
    calendar: WorkCalendar
    leads: tuple[PlannedLead, ...]
    notes: tuple[str, ...] = ()
    language: Language = "en"
    by_load: bool = False

    def due_today(self) -> list[PlannedLead]:
        """What falls on this day, or is late; contacts before what a tool sends."""
        today = self.calendar.local(self.now).date()
        due = ((one, one.step.due) for one in self.leads)
        return [one for one, at in due if at is not None and self.calendar.local(at).date() <= today]

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`: today's list first by owner, moments by the company's wall clock."""
        today = {one.lead_id for one in self.due_today()}
        return {
            "now": self.calendar.local(self.now).isoformat(),
            "counts": dict(self.counts()),
            "notes": list(self.notes),
            "leads": [
                {
                    "lead_id": one.lead_id,
                    "owner": one.owner,
                    "today": one.lead_id in today,
                    **asdict(one.step),
                    "due": None if one.step.due is None else self.calendar.local(one.step.due).isoformat(),
                    "question": one.question,
                    "note": one.note,
                    "score": one.score.model_dump(mode="json"),
                }
                for one in self.leads
            ],
        }

    def counts(self) -> Counter[str]:
        """How many leads are to be treated in each way."""
        return Counter(one.step.what for one in self.leads)


def make_plan(
    recipe: Recipe,
    ladder: Ladder,
    tables: Tables,
    book: Playbook,
    law: Law,
    as_of_us: int,
    *,
    told: PlanTold | None = None,
    draw: Callable[[Sequence[Arrived]], frozenset[str]] | None = None,
    progress: Tick | None = None,
    by_value: bool = False,
) -> Plan:
    """The plan for the leads of `tables` that are open at `as_of_us`.

    `ladder` answers for them, in its language; `told` is what people have decided. `draw` says which of the
    leads are worked whatever their score: until the first attempt they are treated as hot ones are.
    `by_value`: of equally urgent leads those that are expected to bring more come first, instead of the
    likelier ones.

    Raises:
        LeadscoreError: no lead is open; or they have no value.
    """
    if by_value:
        require_value(recipe)
    said = told or PlanTold()
    found = open_with_stage(recipe, tables, as_of_us, said.decided, said.opted_out)
    if not len(found.moments):
        raise LeadscoreError("no lead is open at this moment, so there is nothing to plan.", "Check --as-of.")
    calendar = WorkCalendar(book.hours, recipe.recipe.zone, book.country_of(recipe))
    means = Meanings(recipe, book)
    hour = best_hour(tables, means, as_of_us, calendar)
    advisor = Advisor(book, calendar, law, means, from_us(as_of_us), hour[0] if hour else None)
    drawn = frozenset[str]() if draw is None else draw(found.arrived())
    planner = _Planner(recipe, ladder, tables, book, advisor, found, said, drawn)
    rows = list(planner.rows(as_of_us, progress))
    language = ladder.recipe.recipe.language
    ordered = assigned(rows, book, advisor, by_value=by_value)
    notes = tuple(
        translated(note, language) for note in [*_notes(book, recipe, law, hour), *_load_notes(book, ordered)]
    )
    return Plan(
        advisor.now,
        calendar,
        tuple(lead.told_in(language) for lead in ordered),
        notes,
        language,
        book.routing.by == "load",
    )


@dataclass(frozen=True)
class _Planner:
    recipe: Recipe
    ladder: Ladder
    tables: Tables
    book: Playbook
    advisor: Advisor
    leads: OpenLeads
    told: PlanTold
    drawn: frozenset[str]

    def rows(self, as_of_us: int, progress: Tick | None) -> Iterator[tuple[Claim, PlannedLead]]:
        """Each open lead with what to do, before anybody is asked to."""
        work = worked(self.tables, self.leads.rows, as_of_us, self.advisor.means)
        for start in range(0, len(self.leads.asked), _AT_ONCE):
            places = range(start, min(start + _AT_ONCE, len(self.leads.asked)))
            moments = self.leads.moments.iloc[list(places)]
            columns = offline(self.ladder.features, self.recipe, self.tables, moments)
            asked = [self.leads.asked[at] for at in places]
            excluded = self.ladder.rules.read(columns)[2]
            for at, score, names in zip(
                places, self.ladder.score_columns(columns, asked, 1), excluded, strict=True
            ):
                yield self._planned(at, score, bool(names), work, as_of_us)
            if progress is not None:
                progress(places.stop, len(self.leads.asked))

    def _planned(
        self, at: int, score: Score, excluded: bool, work: dict[int, Worked], as_of_us: int
    ) -> tuple[Claim, PlannedLead]:
        lead, row = self.leads.asked[at].lead_id, self.leads.rows[at]
        done, cells = work.get(row, Worked()), self.leads.cells(at)
        created = self.leads.created_us[at]
        person = self._person(cells, done, created, as_of_us)
        lot = lead in self.drawn and not done.attempts and score.maturity is not None
        treated = score.model_copy(update={"maturity": "hot"}) if lot else score
        case = Case(treated, person, done, created, self._refusal(lead, done), excluded)
        step = self.advisor.recommend(case)
        if lot:
            step = replace(step, why=f"{step.why}; drawn by lot, whatever its score")
        routing = self.book.routing
        claim = Claim(
            lead,
            self.leads.accounts[at],
            _text(cells.get(routing.territory or "")),
            _text(cells.get(routing.owner or "")) or self.told.owners.get(lead),
            counts=step.what != "drop",
            contacted=self._today(done),
        )
        question = self.leads.question(at)
        return claim, PlannedLead(lead, None, score, step, question=question, called=self.leads.called[at])

    def _today(self, work: Worked) -> bool:
        """Whether somebody tried today already."""
        last = work.last(self.advisor.means.attempts)
        return last is not None and self.advisor.calendar.local(from_us(last)).date() == self.advisor.today

    def _refusal(self, lead_id: str, work: Worked) -> Refusal | None:
        """The refusal of a lead that has not asked to be contacted since."""
        refusal, since_us = self.told.refusals.get(lead_id, (None, 0))
        asked = work.last(self.advisor.means.asked)
        return None if asked is not None and asked > since_us else refusal

    def _person(
        self, cells: Mapping[str, Any], work: Worked, created_us: int | None, as_of_us: int
    ) -> Person:
        """What a gate of the law looks at."""
        consent, means = self.book.consent, self.advisor.means
        fields: dict[LawChannel, str | None] = {"phone": consent.phone, "email": consent.email}
        asked, own = work.last(means.asked), work.last(means.own)
        seen = max((us for us in (own, created_us) if us is not None), default=None)
        return Person(
            consumer=self._consumer(cells),
            consents=frozenset(channel for channel, name in fields.items() if _yes(cells.get(name or ""))),
            asked_days=None if asked is None else (as_of_us - asked) / 86_400_000_000,
            seen_days=None if seen is None else (as_of_us - seen) / 86_400_000_000,
            unsubscribed=work.last(means.unsubscribed) is not None,
        )

    def _consumer(self, cells: Mapping[str, Any]) -> bool | None:
        market = self.recipe.recipe.market
        named = self.book.consent.market or next(
            (name for name, field in self.recipe.lead.fields.items() if field.means == "market"), None
        )
        value = _text(cells.get(named)) if named else None
        if value is not None:
            return value.casefold() in {word.casefold() for word in self.book.consent.consumers}
        return None if market == "both" else market == "b2c"


def _notes(book: Playbook, recipe: Recipe, law: Law, hour: tuple[int, str] | None) -> Iterator[str]:
    country = book.country_of(recipe)
    if country is None:
        yield "no country is named: no public holiday and no law is minded; name it in playbook.toml"
    elif law.rule:
        yield f"law of {law.country or country} as read in {law.read}: data, not legal advice"
    if not book.owner:
        yield "playbook.toml names no [[owner]]: everything is in one list"
    if hour is not None:
        yield f"attempts from {hour[0]:02} h on do best here: {hour[1]}"


def _load_notes(book: Playbook, leads: Sequence[PlannedLead]) -> Iterator[str]:
    """How many open leads each owner has, where that is what leads go by; and how many have nobody."""
    if book.routing.by == "load":
        held = Counter(one.owner for one in leads if one.owner is not None and one.step.what != "drop")
        told = ", ".join(f"{owner.name} {held[owner.name]:,}" for owner in book.owner)
        yield f"open leads by owner: {told}"
    if lone := sum(NOBODY_FREE in one.note for one in leads):
        yield f"leads that nobody has room for: {lone:,}"


def _text(cell: Any) -> str | None:
    return None if cell is None or cell != cell else str(cell)


def _yes(cell: Any) -> bool:
    return cell is not None and cell == cell and float(cell) > 0
