"""What an answer says beside the probability: is it a lead at all, how far is it, when did it last ask?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from features.catalogue import DomainKind, EventCount, Feature, FieldValue, Recency
from features.columns import Columns, Floats, n_leads
from features.recipe import Recipe
from serving.asked import Asked
from serving.playbook.entry import Entries
from serving.playbook.maturity import Wish, Wishes
from serving.score import Criterion, Stage, StageName

# Looking is measurable engagement, but only doing something shows an interest.
_PASSIVE = ("view", "visit", "open", "click", "page", "session")

_CLOSED: dict[str, StageName] = {"won": "customer", "lost": "disqualified"}


@dataclass(frozen=True)
class Situations:
    """Reads stage and intent from the columns of the few `features` that they need."""

    recipe: Recipe

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What is read: addresses and numbers, counts of signs of interest, the newest sign of intent."""
        found: list[Feature] = [*self._addresses, *self._phones]
        found += [count for count in (self._interest, self._engagement, self._intent) if count]
        found += [*self._wishes.features, *self._entries.features]
        return tuple({feature.name: feature for feature in found}.values())

    def intent_days(self, columns: Columns) -> Floats:
        """Days since the newest event of intent, shape `(n_leads,)`; NaN where there is none."""
        if self._intent is None:
            return np.full(n_leads(columns), np.nan)
        return np.asarray(columns[self._intent.name], dtype=np.float64)

    def wishes(self, columns: Columns) -> list[Wish]:
        """What each lead asked for."""
        return self._wishes.read(columns)

    def reached(
        self, columns: Columns, points: Floats, grades: list[str], free: NDArray[np.bool_], mql_points: float
    ) -> list[StageName]:
        """The last stage whose entry criteria each lead meets: lead, mql, sal or sql.

        `free` are those whom the scorecard does not exclude; `mql_points` those of an MQL by the scorecard.
        """
        return self._entries.reached(columns, points, grades, free, mql_points)

    def stages(self, columns: Columns, asked: list[Asked], reached: Sequence[StageName]) -> list[Stage]:
        """The stage of each lead; `reached` is what the entry criteria say of it.

        What a person has put into the CRM is kept, whatever is computed here.
        """
        met = self._met(columns, asked)
        alike = {(lead.stage, lead.outcome): lead for lead in asked}
        decided = {said: self._decided(lead) for said, lead in alike.items()}
        told = [decided[lead.stage, lead.outcome] for lead in asked]
        rows = list(zip(zip(*met.values(), strict=True), told, reached, strict=True))
        made = {row: self._stage(dict(zip(met, row[0], strict=True)), *row[1:]) for row in set(rows)}
        return [made[row] for row in rows]

    def _stage(
        self, met: dict[Criterion, bool | None], decided: StageName | None, reached: StageName
    ) -> Stage:
        missing = [name for name, held in met.items() if held is False]
        unknown = [name for name, held in met.items() if held is None]
        derived: StageName = "contact" if missing else reached
        key = decided or derived, tuple(missing), tuple(unknown)
        if key not in self._made:
            self._made[key] = Stage(name=key[0], missing=missing, not_assessed=unknown)
        return self._made[key]

    @cached_property
    def _made(self) -> dict[tuple[StageName, tuple[Criterion, ...], tuple[Criterion, ...]], Stage]:
        """The stages of leads so far, of which there are few: leads at one stage share it."""
        return {}

    def _decided(self, lead: Asked) -> StageName | None:
        """The stage that a person or the CRM has set, in our words."""
        named = self._stage_names.get((lead.stage or "").strip().casefold())
        return named or _CLOSED.get(lead.outcome or "")

    @cached_property
    def _stage_names(self) -> dict[str, StageName]:
        """The CRM's stages as the recipe maps them, and our own names; compared without case."""
        own: dict[str, StageName] = {name: name for name in get_args(StageName)}
        return own | {name.strip().casefold(): mapped for name, mapped in self.recipe.outcomes.stages.items()}

    def _met(self, columns: Columns, asked: list[Asked]) -> dict[Criterion, list[bool | None]]:
        """Criterion → met or not, None where it is not assessed."""
        return {
            "identification": self._identified(columns, len(asked)),
            "interest": self._counted(columns, self._interest, asked),
            "engagement": self._counted(columns, self._engagement, asked),
        }

    def _identified(self, columns: Columns, rows: int) -> list[bool | None]:
        if not self._addresses and not self._phones:
            return [None] * rows
        valid = np.zeros(rows, dtype=np.bool_)
        for address in self._addresses:
            valid |= np.array(
                [kind not in (None, "invalid") for kind in columns[address.name].tolist()], dtype=np.bool_
            )
        for phone in self._phones:
            valid |= np.asarray(columns[phone.name], dtype=np.float64) == 1.0
        found: list[bool | None] = valid.tolist()
        return found

    @staticmethod
    def _counted(columns: Columns, count: EventCount | None, asked: list[Asked]) -> list[bool | None]:
        if count is None:
            return [None] * len(asked)
        numbers = np.asarray(columns[count.name], dtype=np.float64)
        told = zip((numbers > 0).tolist(), asked, strict=True)
        return [held if lead.events_given else None for held, lead in told]

    @cached_property
    def _entries(self) -> Entries:
        return Entries(self.recipe)

    @cached_property
    def _wishes(self) -> Wishes:
        return Wishes(self.recipe)

    @cached_property
    def _addresses(self) -> tuple[DomainKind, ...]:
        fields = self.recipe.lead.fields.items()
        return tuple(DomainKind(name) for name, field in fields if field.type == "email")

    @cached_property
    def _phones(self) -> tuple[FieldValue, ...]:
        fields = self.recipe.lead.fields.items()
        return tuple(FieldValue(name, "number") for name, field in fields if field.type == "phone")

    @cached_property
    def _interest(self) -> EventCount | None:
        kinds = self._kinds("intent")
        kinds += [kind for kind in self._kinds("interest") if not _passive(kind)]
        return EventCount(tuple(kinds), called="criterion interest") if kinds else None

    @cached_property
    def _engagement(self) -> EventCount | None:
        kinds = self._kinds("interest", "intent", "contact")
        return EventCount(tuple(kinds), called="criterion engagement") if kinds else None

    @cached_property
    def _intent(self) -> Recency | None:
        kinds = self._kinds("intent")
        return Recency(tuple(kinds), called="newest intent") if kinds else None

    def _kinds(self, *meanings: str) -> list[str]:
        declared = self.recipe.events.kinds if self.recipe.events else {}
        return [kind for kind, meaning in declared.items() if meaning in meanings]


def _passive(kind: str) -> bool:
    """Whether a kind of event is only looking, by its name."""
    name = kind.casefold()
    return "event" not in name and any(word in name for word in _PASSIVE)
