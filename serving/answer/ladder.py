"""The ladder: the best rung that can answer does, each answer says which, and no lead stays without one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Self, TypeAlias

import numpy as np

from features.catalogue import Feature
from features.columns import Columns
from features.language import Language
from features.lead import Lead, LeadReader
from features.readings import OnlinePlan
from features.recipe import Recipe
from serving.answer.alike import LeadAnswers
from serving.answer.compose import Background, Computed, Question, Rung
from serving.answer.foreseen import foreseen
from serving.answer.milestones import MilestoneStep, reached
from serving.answer.reasons import Reasoner, Speech, union_of
from serving.answer.rungs import computed_of, rungs_below, rungs_of
from serving.answer.time_budget import TimeBudget, answer_of
from serving.artefact import Artefact
from serving.artefact.folder import Lower
from serving.asked import Asked, asked_of
from serving.calibration.bounds import missing
from serving.outlook import Outlook
from serving.playbook import Situations
from serving.rules import Rules, default_rules, parse_rules
from serving.score import Scores
from serving.scorers import Segmented
from serving.words import ObservedRates

_NO_EVENTS = "events were not given: scored without them; send an empty list where there are none"
_NO_ACCOUNT = (
    "the account's other leads are not known here: answered without the scorer that counts them; "
    "with a ledger it is asked"
)
_NO_EVENTS_OWN = "the scorer of segment '{}' reads events: that of all leads was asked"
_THIN = "nothing is known of this lead but when it came: scored by the scorecard"
Row: TypeAlias = dict[str, float | str | None]


@dataclass(frozen=True)
class Ladder:
    """Rungs from the best to the scorecard, and what every answer needs beside them.

    `rungs` ends with the scorecard, whose fit and engagement grade every lead. The rungs share one set
    of columns: the union of their features and of what stage and action look at. `budget` is how long each
    may take (None: as long as it likes). `steps` are the recipe's milestones.
    """

    recipe: Recipe
    rules: Rules
    rungs: tuple[Rung, ...]
    rates: ObservedRates | None = None
    budget: TimeBudget | None = field(default=None, repr=False, compare=False)
    outlook: Outlook | None = None
    steps: tuple[MilestoneStep, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, artefact: Artefact) -> Self:
        """model → model without events → bayes → rules, as far as the artefact has them."""
        manifest, rungs = artefact.manifest, rungs_of(artefact)
        return cls(manifest.recipe, artefact.rules, tuple(rungs), manifest.rates, outlook=artefact.outlook)

    @classmethod
    def of_lower(cls, lower: Lower, note: str) -> Self:
        """bayes → rules of an artefact whose model may not be loaded; `note` is a warning on each answer."""
        rungs = rungs_below(lower.manifest, lower.bayes, lower.rules)
        rungs = [replace(rung, note=note) for rung in rungs]
        return cls(lower.manifest.recipe, lower.rules, tuple(rungs), lower.manifest.rates)

    @classmethod
    def by_rules(cls, recipe: Recipe, rules: Rules | None = None, note: str = "") -> Self:
        """The scorecard alone, before anything was trained; `note` is a warning on each answer."""
        rules = rules or parse_rules(default_rules(recipe), recipe)
        rung = Rung(rules, rules.reference(), calibrated=rules.calibrated, note=note)
        return cls(recipe, rules, (rung,))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """All that must be computed for a lead.

        Raises:
            LeadscoreError: two rungs mean different things by one name.
        """
        told = [feature for signal in self.speech.voice.signals for feature in signal.told_by]
        beyond = self.outlook.features if self.outlook else ()
        steps = [feature for step in self.steps for feature in step.features]
        return union_of([self.situations.features, self.speech.features, told, beyond, steps])

    @cached_property
    def speech(self) -> Speech:
        """Puts reasons into words."""
        read = [self.rules.features, *(rung.scorer.features for rung in (*self._far, *self.rungs))]
        return Speech(self.recipe, union_of(read), self.rates)

    @cached_property
    def situations(self) -> Situations:
        """Reads stages and intent."""
        return Situations(self.recipe)

    @cached_property
    def reader(self) -> LeadReader:
        """Reads requests by the recipe."""
        return LeadReader(self.recipe)

    @cached_property
    def plan(self) -> OnlinePlan:
        """Computes the features of leads in memory."""
        return OnlinePlan(self.features)

    @cached_property
    def _far(self) -> tuple[Rung, ...]:
        """The rungs that answer in place of the others for leads that have come far."""
        return tuple(rung for step in self.steps for rung in step.far(self.top.reference))

    @property
    def top(self) -> Rung:
        """The rung that answers for a lead that is known well."""
        return self.rungs[0]

    def rows(self, leads: Sequence[Lead]) -> list[Row]:
        """The features of each of `leads`, read in memory."""
        return [self.plan.row(lead) for lead in leads]

    def within(self, budget: TimeBudget | None) -> Ladder:
        """The same, each rung of which, and of the steps, is given so long."""
        steps = tuple(replace(step, ladder=step.ladder and step.ladder.within(budget)) for step in self.steps)
        return replace(self, budget=budget, steps=steps)

    def told_in(self, language: Language | None) -> Ladder:
        """The same with its words in another language; None leaves it as it is."""
        if language is None or language == self.recipe.recipe.language:
            return self
        if language not in self._others:
            self._others[language] = replace(self, recipe=self.recipe.told_in(language))
        return self._others[language]

    @cached_property
    def _others(self) -> dict[Language, Ladder]:
        return {}

    def score(self, leads: Sequence[Lead], reasons: int = 3) -> Scores:
        """The score of each of `leads`, in their order."""
        return self.score_rows(leads, self.rows(leads), reasons)

    def score_rows(self, leads: Sequence[Lead], rows: Sequence[Row], reasons: int = 3) -> Scores:
        """The score of each of `leads`, whose features are `rows`, in their order."""
        if not leads:
            return Scores()
        return self.score_columns(self.plan.stack(rows), [asked_of(lead) for lead in leads], reasons)

    def score_columns(self, columns: Columns, asked: Sequence[Asked], reasons: int = 3) -> Scores:
        """The score of each lead in `asked`, whose features are `columns`, in order.

        `reasons` is how many there are at most for and against each, in the recipe's language.

        Raises:
            LeadscoreError: a column that every answer needs is missing.
        """
        if not asked:
            return Scores()
        found = self.answers(columns, asked, reasons)
        scores = {row: found.score(row) for row in found.places}
        if self.outlook is not None:
            scores |= foreseen(self.outlook, columns, asked, scores, self.recipe.events is not None)
        if self.steps:
            scores |= reached(self.steps, columns, asked, scores)
        return Scores(scores.get(row) or found.score(row) for row in range(len(asked)))

    @property
    def foresees(self) -> bool:
        """Whether answers say more than `answers` gives: when a lead converts, what it brings, its steps."""
        return self.outlook is not None or bool(self.steps)

    def answers(self, columns: Columns, asked: Sequence[Asked], reasons: int = 3) -> LeadAnswers:
        """What is computed of the leads in `asked`, at least one, of which scores are made; as
        `score_columns`."""
        about = self.recipe.recipe
        notes: list[list[str]] = [[] for _ in asked]
        open_rows = [i for i, lead in enumerate(asked) if lead.outcome is None and not lead.opted_out]
        thin = self._thin(columns, len(asked))
        self._warn(asked, open_rows, thin, self._owners(columns, len(asked)), notes)
        reasoner = self.speech.reasoner(reasons)
        return LeadAnswers(
            asked,
            Background.of(self.rules, self.situations, columns, asked),
            Question(self.recipe.name, about.horizon_days, about.language),
            list(self._by_rung(columns, asked, open_rows, thin, notes, reasoner)),
            notes,
        )

    def answering(self, columns: Columns, asked: Asked) -> Rung | None:
        """The rung that answers for one lead, None where none does: it is closed or has opted out."""
        if asked.outcome is not None or asked.opted_out:
            return None
        return next((computed.rung for computed, _ in self.numbers(columns, [asked], [0])), None)

    def numbers(
        self, columns: Columns, asked: Sequence[Asked], rows: list[int]
    ) -> Iterator[tuple[Computed, list[int]]]:
        """What each rung computes, without words, and for which of `rows`: open leads among those `asked`."""
        notes = [list[str]() for _ in asked]
        return self._by_rung(columns, asked, rows, self._thin(columns, len(asked)), notes, None)

    def _by_rung(
        self,
        columns: Columns,
        asked: Sequence[Asked],
        rows: list[int],
        thin: list[bool],
        notes: list[list[str]],
        reasoner: Reasoner | None,
    ) -> Iterator[tuple[Computed, list[int]]]:
        """Each rung's answers and the rows that they are for, best rung first."""
        left = rows
        moments = self.speech.moments(np.array([lead.as_of_us for lead in asked], dtype=np.int64))
        for rung in (*self._far, *self.rungs):
            last = rung is self.rungs[-1]
            mine = [i for i in left if last or (not thin[i] and rung.may_answer(asked[i]))]
            if not mine:
                continue
            work = partial(computed_of, rung, columns, np.array(mine, dtype=np.intp), reasoner, moments)
            computed = answer_of(rung, len(mine), work, self.budget)
            if isinstance(computed, str):
                for row in mine:
                    notes[row].append(computed)
                continue
            taken = set(mine)
            left = [i for i in left if i not in taken]
            yield computed, mine

    def _owners(self, columns: Columns, rows: int) -> list[str | None]:
        """The segment that loses its own scorer where events are not given, None where none does."""
        scorer = self.top.scorer
        if not isinstance(scorer, Segmented):
            return [None] * rows
        kept = {segment for rung in self.rungs if not rung.needs_events for _, segment in rung.answerers}
        return [None if segment in kept else segment for segment in scorer.owners(columns)]

    def _warn(
        self,
        asked: Sequence[Asked],
        rows: list[int],
        thin: list[bool],
        owners: list[str | None],
        notes: list[list[str]],
    ) -> None:
        """Say what every answer to these rows suffers from."""
        for row in rows:
            if self.recipe.events is not None and not asked[row].events_given:
                notes[row].append(_NO_EVENTS)
                notes[row] += [_NO_EVENTS_OWN.format(owner) for owner in (owners[row],) if owner]
            if not asked[row].account_told and self.top.counts:
                notes[row].append(_NO_ACCOUNT)
            if thin[row] and len(self.rungs) > 1:
                notes[row].append(_THIN)

    @cached_property
    def _signals(self) -> tuple[str, ...]:
        """Names of the features that know something of the lead itself."""
        return tuple(f.name for f in self.features if f.group in ("fit", "origin", "engagement"))

    def _thin(self, columns: Columns, rows: int) -> list[bool]:
        """For each lead whether none of its fields and no event is known."""
        known = np.zeros(rows, dtype=np.bool_)
        for name in self._signals:
            known |= ~missing(columns[name])
            if known.all():
                break
        return [not one for one in known] if self._signals else [False] * rows
