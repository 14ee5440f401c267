"""A simulated company as it goes on day by day: what arrives, whom it calls, and what comes of that.

The world's own calls end when the story begins: from then on those of the plan take their place. A win of the
world comes if the lead was called before, else all the same with a chance of `UNCALLED`; else it is lost. So
it is known of every order of calls what it would have brought.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import from_us, to_us

UNCALLED = 0.3
CALL = "call_attempt"


@dataclass
class QuarterWorld:
    """The tables of a simulated company in `folder`, told up to a moment; `called`: lead → when (µs)."""

    folder: Path
    start_us: int
    called: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        read = {
            name: pd.read_parquet(self.folder / f"{name}.parquet") for name in ("leads", "events", "outcomes")
        }
        self.leads = read["leads"].drop_duplicates("lead_id")
        self.events = read["events"].drop_duplicates("event_id")
        self.outcomes = read["outcomes"]
        self._created = _us(self.leads["created_at"])
        self._at, self._told = _us(self.events["occurred_at"]), _us(self.events["ingested_at"])
        self._ended = _us(self.outcomes["occurred_at"])
        calls = (self.events["kind"] == CALL).to_numpy()
        earlier = self.events[calls & (self._at < self.start_us)]
        self.called = {str(lead): 0 for lead in earlier["lead_id"]}
        self._ours = ~(calls & (self._at >= self.start_us))
        lots = np.random.default_rng(0).random(len(self.leads))
        self.comes = {
            str(lead): bool(lot < UNCALLED) for lead, lot in zip(self.leads["lead_id"], lots, strict=True)
        }

    def write(self, folder: Path, after_us: int, until_us: int, calls: list[tuple[str, int]]) -> None:
        """The tables of (after_us, until_us] to `folder`, with the `calls` (lead, µs) that were made."""
        folder.mkdir(exist_ok=True)
        self.leads[self._created <= until_us].to_parquet(folder / "leads.parquet")
        events = self.events[self._ours & (self._told > after_us) & (self._told <= until_us)]
        made = pd.DataFrame(
            [(f"call-{lead}-{at}", lead, from_us(at), CALL, from_us(at)) for lead, at in calls],
            columns=["event_id", "lead_id", "occurred_at", "kind", "ingested_at"],
        )
        both = (
            pd.concat([events, made.astype({"occurred_at": events["occurred_at"].dtype})])
            if calls
            else events
        )
        both.to_parquet(folder / "events.parquet")
        self._outcomes(after_us, until_us).to_parquet(folder / "outcomes.parquet")

    def _outcomes(self, after_us: int, until_us: int) -> pd.DataFrame:
        found = self.outcomes[(self._ended > after_us) & (self._ended <= until_us)].copy()
        kept = [
            stage != "won" or self.comes[lead] or self.called.get(lead, at + 1) <= at
            for lead, stage, at in zip(
                found["lead_id"], found["stage"], _us(found["occurred_at"]).tolist(), strict=True
            )
        ]
        found.loc[~np.asarray(kept, dtype=bool), ["stage", "amount"]] = ["lost", np.nan]
        return found

    def wins(self, end_us: int, called: dict[str, int]) -> float:
        """Wins of the story up to `end_us` that are expected where leads were first `called` so."""
        ended = (self.outcomes["stage"] == "won") & (self._ended > self.start_us) & (self._ended <= end_us)
        rows = zip(self.outcomes.loc[ended, "lead_id"], self._ended[ended.to_numpy()].tolist(), strict=True)
        return sum(1.0 if called.get(lead, at + 1) <= at else UNCALLED for lead, at in rows)

    def newest_first(self, moments: list[tuple[int, int]], most: int) -> dict[str, int]:
        """Who would have been called first when had as many calls (µs, how many) gone to the newest open.

        A lead is called `most` times at most.
        """
        closing = self.outcomes["stage"].isin(["won", "lost"]).to_numpy()
        ended = dict(zip(self.outcomes.loc[closing, "lead_id"], self._ended[closing].tolist(), strict=True))
        ids, tries = self.leads["lead_id"].astype(str).to_numpy(), dict.fromkeys(self.leads["lead_id"], 0)
        order, called = np.argsort(-self._created, kind="stable"), dict(self.called_before)
        for at, count in moments:
            left = count
            for place in order.tolist():
                lead = ids[place]
                if not left:
                    break
                if self._created[place] <= at < ended.get(lead, at + 1) and tries[lead] < most:
                    called.setdefault(lead, at)
                    tries[lead], left = tries[lead] + 1, left - 1
        return called

    @property
    def called_before(self) -> dict[str, int]:
        """Those called before the story began."""
        return {lead: at for lead, at in self.called.items() if at == 0}


def _us(moments: pd.Series) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(
        [to_us(one.to_pydatetime()) for one in pd.to_datetime(moments, utc=True)], dtype=np.int64
    )
