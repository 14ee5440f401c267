"""How the bands of former scores did: what became of the leads that were called hot, warm, cold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from features.clock import DAY_US
from serving.funnel.figures import Estimate, FunnelPart, in_words, rate
from serving.funnel.journeys import Journeys
from serving.funnel.scored import MATURITY, PROBABILITY, scored_rows
from serving.ledger import Ledger
from serving.ledger.schema import SCORES
from serving.page import percent
from serving.score import Score

AS_OF = "ls_as_of"
_COLUMNS = ["lead_id", "as_of_us", "maturity", "probability"]
_LEAST = 30
"""Leads of a band below which nothing is named as wrong with it."""


class BandOutcome(FunnelPart):
    """What became of the leads of a maturity, each counted once, by its first score that has matured."""

    maturity: str
    scored: int
    """All leads with a first score of this band, matured or not."""
    matured: int
    """Those scored a horizon ago or longer; with the next two it counts these alone."""
    converted: Estimate
    """The share that became a customer within the horizon after the score."""
    expected: float | None
    """The mean of their probabilities."""
    answered: Estimate | None
    """Of all those not contacted before, the share contacted within a day; null where no contact is known."""


@dataclass(frozen=True)
class ScoresBefore:
    """Former answers of open leads: lead_id, as_of_us, maturity and probability, in any order."""

    frame: pd.DataFrame

    @classmethod
    def of_files(cls, paths: Iterable[Path], id_column: str | None) -> ScoresBefore:
        """What `leadscore score` wrote at one moment or several.

        Raises:
            LeadscoreError: a file lacks a column of it.
        """
        return cls(pd.concat([_read(path, id_column) for path in paths], ignore_index=True))

    @classmethod
    def of_ledger(cls, ledger: Ledger) -> ScoresBefore:
        """The first answer that the ledger keeps of each lead; a challenger's in shadow is none."""
        place = func.row_number().over(
            partition_by=SCORES.c.lead_id, order_by=(SCORES.c.as_of_us, SCORES.c.seq)
        )
        ranked = select(SCORES.c.lead_id, SCORES.c.as_of_us, SCORES.c.answer, place.label("place"))
        inner = ranked.where(SCORES.c.shadow.is_(False)).subquery()
        with ledger.reading() as connection:
            rows = connection.execute(
                select(inner.c.lead_id, inner.c.as_of_us, inner.c.answer).where(inner.c.place == 1)
            ).all()
        answers = [(row.lead_id, row.as_of_us, Score.model_validate_json(row.answer)) for row in rows]
        cells = [(lead, us, score.maturity, score.probability) for lead, us, score in answers]
        return cls(pd.DataFrame(cells, columns=_COLUMNS))


def bands_of(before: ScoresBefore, journeys: Journeys) -> list[BandOutcome]:
    """The bands from hot to cold; those that no former score was of are left out."""
    scores = before.frame[before.frame["maturity"].isin(["hot", "warm", "cold"])]
    scores = scores.sort_values("as_of_us", kind="stable").drop_duplicates("lead_id")
    columns = ["lead_id", "customer_us", "contact_us", "contacts"]
    leads = scores.merge(journeys.leads[columns], on="lead_id", how="inner")
    leads = leads[leads["as_of_us"] <= journeys.end_us]
    return [
        _band(name, leads[leads["maturity"] == name], journeys)
        for name in ("hot", "warm", "cold")
        if (leads["maturity"] == name).any()
    ]


def _band(name: str, leads: pd.DataFrame, journeys: Journeys) -> BandOutcome:
    at = leads["as_of_us"].to_numpy(float)
    matured = at + journeys.horizon_us <= journeys.end_us
    won = leads["customer_us"].to_numpy(float) <= at + journeys.horizon_us
    first = leads["contact_us"].to_numpy(float)
    free = ~(first <= at) & (at + DAY_US <= journeys.end_us)
    known = not leads["contacts"].isna().all()
    chances = leads["probability"].to_numpy(float)[matured]
    return BandOutcome(
        maturity=name,
        scored=len(leads),
        matured=int(matured.sum()),
        converted=rate(int((won & matured).sum()), int(matured.sum())),
        expected=float(np.nanmean(chances)) if np.isfinite(chances).any() else None,
        answered=rate(int((free & (first <= at + DAY_US)).sum()), int(free.sum())) if known else None,
    )


def band_findings(bands: Iterable[BandOutcome]) -> list[str]:
    """A sentence for each band whose promise lies outside the interval of what came."""
    found = []
    for one in bands:
        low, high = one.converted.low, one.converted.high
        if one.expected is None or low is None or high is None or one.matured < _LEAST:
            continue
        if not low <= one.expected <= high:
            much = "too much" if one.expected > high else "too little"
            found.append(
                f"The probabilities of {one.maturity} leads promised {much}: {percent(one.expected)} on "
                f"average, and {in_words(one.converted, percent)} of {one.matured:,} became customers; "
                "train anew."
            )
    return found


def _read(path: Path, id_column: str | None) -> pd.DataFrame:
    needed = [PROBABILITY, MATURITY, AS_OF]
    frame = scored_rows(path, id_column, needed, "Give a file that 'leadscore score' has written.")
    moments = pd.to_datetime(frame[AS_OF], utc=True, format="ISO8601", errors="coerce")
    read = pd.DataFrame(
        {
            "lead_id": frame["lead_id"].to_numpy(),
            "as_of_us": moments.astype("datetime64[us, UTC]").astype("int64").to_numpy(),
            "maturity": frame[MATURITY].to_numpy(dtype=object),
            "probability": frame["chance"].to_numpy(dtype=float),
        }
    )
    return read[moments.notna().to_numpy()]
