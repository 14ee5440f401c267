"""A company followed through the command: what a plan promises holds every day; the page tells figures."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from serving.ledger import Ledger
from serving.ledger.schema import EVENTS
from tests.bench.quarter import PAGE, RESULTS
from tests.bench.quarter_text import quarter_page
from tests.made.quarter_run import follow

MOST = {"Anna": 12, "Bob": 8, "Chloé": 8}


@pytest.mark.slow
def test_three_days_keep_what_a_plan_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADSCORE_LEDGER", str(tmp_path / "ledger.sqlite"))
    left = date(2025, 10, 31)
    found, world = follow(
        tmp_path, leads=300, seed=3, start=date(2025, 10, 29), days=3, change=date(2025, 10, 31), left=left
    )
    calls = [one | {"moment": datetime.fromisoformat(one["at"])} for one in found.calls]
    assert len(calls) > 20
    for one in calls:
        hour = one["moment"].hour + one["moment"].minute / 60
        assert 9 <= hour <= 12.5 or 14 <= hour <= 18
        assert one["owner"] != "Bob" or one["moment"].date() < left
    days = Counter((one["owner"], one["moment"].date()) for one in calls)
    assert all(count <= MOST[owner] for (owner, _), count in days.items())
    owners = {}
    for one in calls:
        before = owners.setdefault(one["lead"], one["owner"])
        assert before in (one["owner"], "Bob")
        owners[one["lead"]] = one["owner"]
    with Ledger.opened().reading() as connection:
        kept = set(connection.execute(select(EVENTS.c.event_id)).scalars())
    last = found.sessions[-1]["at"]
    made = {f"call-{lead}-{at}" for lead, at in zip(world.called, world.called.values(), strict=True) if at}
    assert made - kept <= {
        f"call-{one['lead']}-{world.called[one['lead']]}" for one in calls if one["at"] >= last
    }
    told, after = found.change["diff"], next(s for s in found.sessions if s["at"] >= found.change["at"])
    hot = sum(one["leads"] for one in told["bands"] if one["after"] == "hot")
    assert abs(hot - after["hot"]) <= abs(after["open"] - told["leads"])
    assert [one["promise"] for one in found.checks["2025-10"]]


def test_the_page_tells_the_figures_that_were_measured() -> None:
    assert PAGE.read_text(encoding="utf-8") == quarter_page(json.loads(RESULTS.read_text(encoding="utf-8")))
