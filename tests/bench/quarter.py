"""`python -m tests.bench.quarter`: a company followed for a quarter, to quarter.json and docs/quarter.md.

Takes some minutes. `--page` writes docs/quarter.md again from the figures that are there.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from tests.bench.quarter_text import quarter_page
from tests.made.quarter import QuarterWorld
from tests.made.quarter_run import MINUTES, Followed, follow

RESULTS = Path(__file__).with_name("quarter.json")
PAGE = Path(__file__).parents[2] / "docs" / "quarter.md"
STORY: dict[str, Any] = {
    "leads": 600, "seed": 3, "start": date(2025, 10, 1), "days": 92,
    "change": date(2025, 11, 3), "left": date(2025, 11, 10),
}  # fmt: skip
_ATTEMPTS = 4
_SHOWN = 8


def summary(found: Followed, world: QuarterWorld) -> dict[str, Any]:
    """What the page tells of a company that was followed."""
    sessions, calls = pd.DataFrame(found.sessions), pd.DataFrame(found.calls)
    sessions["week"] = pd.to_datetime(sessions["at"].str[:10]).dt.strftime("%G-W%V")
    calls["week"] = pd.to_datetime(calls["at"].str[:10]).dt.strftime("%G-W%V")
    weeks = sessions.groupby("week").agg(
        open=("open", "last"), hot=("hot", "last"), warm=("warm", "last"), calls=("calls", "sum"),
        sessions=("at", "size"),
    )  # fmt: skip
    of = ["at", "owner", "what", "maturity", "why"]
    by_owner = calls.groupby(["week", "owner"]).size().unstack(fill_value=0)
    end = found.moments[-1][0]
    newest = world.newest_first(found.moments, _ATTEMPTS)
    everybody = {str(lead): 0 for lead in world.leads["lead_id"]}
    first = found.sessions[0]["at"]
    busiest = [lead for lead, _ in Counter(calls["lead"]).most_common(3)]
    return {
        "story": {key: str(value) for key, value in STORY.items()},
        "minutes": MINUTES,
        "weeks": weeks.join(by_owner).reset_index().to_dict("records"),
        "owners": sorted(calls["owner"].unique()),
        "first_list": found.lists[first][:_SHOWN],
        "first_total": len(found.lists[first]),
        "hours": {str(hour): count for hour, count in sorted(Counter(calls["at"].str[11:13]).items())},
        "one_lead": calls[calls["lead"] == busiest[0]][of].head(12).to_dict("records"),
        "calls": len(calls),
        "leads_called": int(calls["lead"].nunique()),
        "after_left": int((calls["owner"] == "Bob")[calls["at"] >= str(STORY["left"])].sum()),
        "change": _change(found),
        "checks": {month: [_promise(one) for one in told] for month, told in found.checks.items()},
        "wins": {
            "the plan": world.wins(end, world.called), "newest first": world.wins(end, newest),
            "everybody called": world.wins(end, everybody),
            "nobody called": world.wins(end, world.called_before),
        },
    }  # fmt: skip


def _change(found: Followed) -> dict[str, Any]:
    told, at = found.change["diff"], found.change["at"]
    before, after = (
        [s for s in found.sessions if s["at"] < at][-1],
        next(s for s in found.sessions if s["at"] >= at),
    )
    causes = Counter(cause[0] for one in told["moved"] for cause in one["by"])
    causes["the cut-offs alone"] = sum(not one["by"] for one in told["moved"])
    return {
        "at": at, "leads": told["leads"], "new_bands": told["new_bands"], "bands": told["bands"],
        "by": causes.most_common(4), "before": before, "after": after,
        "examples": found.change["examples"],
    }  # fmt: skip


def _promise(one: dict[str, Any]) -> dict[str, Any]:
    return {key: one[key] for key in ("side", "promise", "cases", "figure", "held", "waiting")} | {
        "broken": len(one["breaches"])
    }


def main(words: list[str]) -> None:
    """Follow the company unless only the page is asked for; write both files."""
    if "--page" not in words:
        with TemporaryDirectory() as place:
            begun = datetime.now()
            found, world = follow(Path(place).resolve(), **STORY)
            sys.stderr.write(f"{datetime.now() - begun}\n")
            RESULTS.write_text(
                json.dumps(summary(found, world), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )
    PAGE.write_text(quarter_page(json.loads(RESULTS.read_text(encoding="utf-8"))), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
