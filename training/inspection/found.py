"""What an inspection found: every field, column and feature with its measurements and suspicions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from features.leaks import Suspect, When
from training.inspection.measure import Drift, Importance, ValueRate
from training.inspection.timing import Timing
from training.inspection.without import RUN_HEAD, FieldRuns

HEAD = (
    "column", "what", "known", "filled", "if converted", "if not", "AUC alone", "adds last", "stability",
    "suspicion",
)  # fmt: skip
"""The columns of `Inspection.rows`."""
LEAST = ("what", "if not", "if converted", "stability", "filled", "adds last", "known")
"""The columns that a narrow terminal leaves out, the first one first."""


OWN_KINDS = frozenset({"category", "text", "id", "e-mail domain", "email"})
"""Types of columns whose values are texts."""


@dataclass(frozen=True)
class Inspected:
    """One column. Shares are in [0, 1]; `fill_won` and `fill_other` are of the training side.

    `name` is that of the field, column or feature, `label` how people call it, `kind` its type, `note` what
    else is to be known (such as why no feature reads it). `when` says when a column was known, `place` where
    it stands among those judged, `adds_last` the AUC that it adds to all other fields, NaN if not measured.
    `own_label`: the company wrote the label.
    """

    name: str
    label: str
    what: Literal["field", "undeclared", "feature"]
    kind: str
    definition: str
    rows: int
    fill: float
    fill_won: float
    fill_other: float
    importance: Importance
    bands: tuple[ValueRate, ...]
    drift: Drift | None
    suspicion: Suspect | None = None
    note: str = ""
    when: When | None = None
    place: int = 0
    adds_last: float = float("nan")
    own_label: bool = True

    @property
    def own_values(self) -> bool:
        """Whether the labels of its bands are what the company wrote, rather than numbers and days."""
        return self.kind in OWN_KINDS

    @property
    def stability(self) -> str:
        """Stability in words."""
        if self.drift is None:
            return "not known"
        if not self.drift.moves:
            return "steady"
        if self.drift.tells_time:
            return f"follows the calendar (R² {self.drift.time_share:.2f}, PSI {self.drift.worst_psi:.1f})"
        return f"moves (PSI {self.drift.worst_psi:.2g}, chance {self.drift.bound:.1g})"


@dataclass(frozen=True)
class Inspection:
    """All of a company's columns, looked at on rows that no model is judged on.

    `columns` holds fields and undeclared columns of the leads (one row a lead), then features (one row a
    snapshot); `roles` the columns that play a part, such as the id; `timings` when events and changes are
    written; `notes` what limits what can be said. `horizon_days` is 0 where outcomes are known at
    once.
    """

    name: str
    horizon_days: float
    dated: bool
    leads: int
    training_leads: int
    training_rows: int
    base_rate: float
    columns: tuple[Inspected, ...]
    roles: dict[str, str]
    timings: tuple[Timing, ...]
    account: tuple[tuple[str, int], ...]
    quality: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()
    late: tuple[Suspect, ...] = field(default=())
    runs: FieldRuns = field(default_factory=FieldRuns)

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """Everything that may know the outcome: fields in the order of `init`, then features; each once."""
        ranked = sorted(self.columns, key=lambda column: (column.what == "feature", column.place))
        found = [column.suspicion for column in ranked if column.suspicion is not None]
        return tuple(dict.fromkeys([*found, *self.late]))

    def rows(self) -> list[tuple[object, ...]]:
        """One row a column, suspects first, then by importance; see `HEAD`."""
        ranked = sorted(self.columns, key=_urgency)
        shown = [
            (
                column.name,
                column.what,
                column.when or "–",
                share(column.fill),
                share(column.fill_won),
                share(column.fill_other),
                f"{column.importance.auc:.3f}" if column.importance.known else "–",
                "–" if math.isnan(column.adds_last) else f"{column.adds_last:+.3f}",
                column.stability,
                column.suspicion.kind if column.suspicion else "",
            )
            for column in ranked
        ]
        late = [(s.column, "timing", *["–"] * 7, s.kind) for s in self.late]
        return [*late, *shown]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready: the counts, the suspects with reasons, and a row a column."""
        return {
            "name": self.name,
            "leads": self.leads,
            "training_leads": self.training_leads,
            "training_rows": self.training_rows,
            "base_rate": None if math.isnan(self.base_rate) else self.base_rate,
            "suspects": [{"column": s.column, "kind": s.kind, "reason": s.reason} for s in self.suspects],
            "columns": [dict(zip(HEAD, row, strict=True)) for row in self.rows()],
            "runs": [dict(zip(RUN_HEAD, row, strict=True)) for row in self.runs.rows()],
            "roles": self.roles,
            "rows": [list(row) for row in self.account],
            "quality": [list(row) for row in self.quality],
            "notes": list(self.notes),
        }


def share(value: float) -> str:
    """A share in per cent, or a dash."""
    if math.isnan(value):
        return "–"
    return f"{100 * value:.1f} %" if 0 < value < 0.1 or 0.99 < value < 1 else f"{100 * value:.0f} %"


def _urgency(column: Inspected) -> tuple[bool, bool, float]:
    ranked = -column.importance.auc if column.importance.known else 0.0
    if column.suspicion is not None and column.what != "feature":
        ranked = float(column.place)  # the order of `init`
    return column.suspicion is None, column.what == "feature", ranked
