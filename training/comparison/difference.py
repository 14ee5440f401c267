"""How two models differ on the same leads, as it is printed and kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from serving.score import Maturity
from training.comparison.reasons import MovePart
from training.comparison.shift import Shift

CHANGED = ("lead", "before", "after", "probability before", "probability after", "why (log-odds)")


@dataclass(frozen=True)
class Changed:
    """A lead whose band differs; `why` holds the largest parts of its move against the cut-off.

    `moved` is that whole move in log-odds: positive towards the hotter band.
    """

    lead_id: str
    before: Maturity
    after: Maturity
    probability_before: float
    probability_after: float
    moved: float
    why: tuple[MovePart, ...]


@dataclass(frozen=True)
class Comparison:
    """`a` against `b` on the same `n_leads`; `bands` counts leads by (band by a, band by b).

    `figures` has a row (figure, a, b, b − a) of what each was judged with, None where it was not.
    """

    a: str
    b: str
    n_leads: int
    bands: dict[tuple[Maturity, Maturity], int]
    changed: list[Changed]
    shift: Shift
    figures: list[tuple[str, float | None, float | None, float | None]]
    warnings: list[str] = field(default_factory=list)

    def rows(self) -> list[tuple[object, ...]]:
        """One row a changed lead in the columns of `CHANGED`, greatest move first."""
        return [
            (
                lead.lead_id,
                lead.before,
                lead.after,
                lead.probability_before,
                lead.probability_after,
                _told(lead.why),
            )
            for lead in self.changed
        ]

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`."""
        return {
            "a": self.a,
            "b": self.b,
            "leads": self.n_leads,
            "changed": len(self.changed),
            "bands": [{"a": a, "b": b, "leads": count} for (a, b), count in self.bands.items()],
            "shift": asdict(self.shift),
            "figures": [{"figure": name, "a": a, "b": b, "difference": d} for name, a, b, d in self.figures],
            "leads_changed": [asdict(lead) for lead in self.changed],
            "warnings": self.warnings,
        }


def _told(parts: Sequence[MovePart]) -> str:
    return "; ".join(f"{part.words} {part.difference:+.2f}" for part in parts)
