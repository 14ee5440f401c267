"""Two scorecards on the leads that are open now: who changes band, grade or stage, and by which rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from features.recipe import Recipe
from features.tables import Place
from serving.answer import Ladder
from serving.rules import Rules
from training.comparison.crowd import AT_ONCE, Crowd, open_crowd

MOVED = ("lead", "band", "grade", "stage", "points before", "points after", "by")
"""Columns of `ScorecardDifference.rows`."""
_NEAR = 0.05


@dataclass(frozen=True)
class UnderCard:
    """A lead under one scorecard; `items` are its points by rule and cap, `band` cold, warm or hot."""

    band: str | None
    grade: str | None
    stage: str | None
    points: float
    items: dict[str, float]


@dataclass(frozen=True)
class Moved:
    """A lead that changes band, grade or stage; `by` are the rules whose points differ, largest first."""

    lead_id: str
    before: UnderCard
    after: UnderCard
    by: list[tuple[str, float, float]]


@dataclass(frozen=True)
class ScorecardDifference:
    """`bands` counts the leads by (band before, band after), those that keep theirs too."""

    n_leads: int
    bands: dict[tuple[str, str], int]
    moved: list[Moved] = field(default_factory=list)

    @property
    def new_bands(self) -> int:
        """How many leads change band."""
        return sum(count for (before, after), count in self.bands.items() if before != after)

    def rows(self) -> list[tuple[object, ...]]:
        """One row a lead that moves in the columns of `MOVED`, greatest change of points first."""
        return [
            (
                lead.lead_id,
                _change(lead.before.band, lead.after.band),
                _change(lead.before.grade, lead.after.grade),
                _change(lead.before.stage, lead.after.stage),
                f"{lead.before.points:.1f}",
                f"{lead.after.points:.1f}",
                "; ".join(f"{name} {before:g} → {after:g}" for name, before, after in lead.by),
            )
            for lead in self.moved
        ]

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`."""
        return {
            "leads": self.n_leads,
            "new_bands": self.new_bands,
            "bands": [{"before": a, "after": b, "leads": count} for (a, b), count in self.bands.items()],
            "moved": [asdict(lead) for lead in self.moved],
        }


def compare_scorecards(
    recipe: Recipe, before: Rules, after: Rules, folder: Place, as_of_us: int | None = None
) -> ScorecardDifference:
    """The open leads of `folder` under both scorecards, as each alone would answer without a model.

    Raises:
        LeadscoreError: a table cannot be read, or no lead is open.
    """
    crowd = open_crowd(recipe, folder, as_of_us)
    pairs = list(zip(_standings(crowd, before), _standings(crowd, after), strict=True))
    bands = Counter((str(one.band or "none"), str(other.band or "none")) for one, other in pairs)
    moved = [
        Moved(asked.lead_id, one, other, _by(one, other))
        for asked, (one, other) in zip(crowd.asked, pairs, strict=True)
        if (one.band, one.grade, one.stage) != (other.band, other.grade, other.stage)
    ]
    moved.sort(key=lambda lead: (-abs(lead.after.points - lead.before.points), lead.lead_id))
    return ScorecardDifference(len(pairs), dict(sorted(bands.items())), moved)


def _standings(crowd: Crowd, rules: Rules) -> list[UnderCard]:
    ladder = Ladder.by_rules(crowd.recipe, rules)
    found: list[UnderCard] = []
    for start in range(0, len(crowd.asked), AT_ONCE):
        places = range(start, min(start + AT_ONCE, len(crowd.asked)))
        columns = crowd.columns(ladder, places)
        scores = ladder.score_columns(columns, [crowd.asked[at] for at in places], reasons=0)
        fit, engagement = rules.points(columns)
        for at, (score, items) in enumerate(zip(scores, rules.itemised(columns), strict=True)):
            stage = None if score.stage is None else score.stage.name
            points = float(fit[at] + engagement[at])
            by_name: dict[str, float] = {}
            for item in items:
                by_name[item.name] = by_name.get(item.name, 0.0) + item.points
            found.append(UnderCard(score.maturity, score.grade, stage, points, by_name))
    return found


def _by(before: UnderCard, after: UnderCard) -> list[tuple[str, float, float]]:
    names = dict.fromkeys([*before.items, *after.items])
    pairs = [(name, before.items.get(name, 0.0), after.items.get(name, 0.0)) for name in names]
    changed = [
        (name, round(one, 1), round(other, 1)) for name, one, other in pairs if abs(other - one) >= _NEAR
    ]
    return sorted(changed, key=lambda part: -abs(part[2] - part[1]))


def _change(before: str | None, after: str | None) -> str:
    return f"{before or 'none'} → {after or 'none'}" if before != after else str(after or "none")
