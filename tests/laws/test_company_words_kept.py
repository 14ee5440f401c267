"""What a company wrote stands on a French page as it was written: ids, levels, columns, even like figures."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from features import parse_recipe, tables_from_frames
from serving.words.language import sentences
from serving.words.translation import document_in
from tests.made.runs import made_run, with_champion
from training.inspection.inspect import inspect_tables
from training.inspection.page import inspect_page
from training.report.report import report
from training.watch import WatchResult, watch_page

WRITTEN = ["A-1.5", "12,5", "1,234", "98.765", "-0.5", "hot", "promised", "7 days", "x: y"]
"""Names that look like figures, words and sentences of ours."""
PLAIN = "zzq"
"""A name that looks like nothing."""
TEXTS = re.compile(r">([^<>]+)<|aria-label=\"([^\"]+)\"")
SAME = {
    "AUC", "Brier", "lift", "PSI", "Verdict", "Calibration", "condition", "segment", "table", "type",
    "signal", "scores", "calibration",
}  # fmt: skip
"""Words of ours that French writes alike."""


def texts(page: str) -> list[str]:
    """What a page says, its style left out."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    return [html.unescape(inner or label) for inner, label in TEXTS.findall(body)]


def reported(name: str) -> str:
    made = with_champion(made_run(600, names=(name, PLAIN)))
    run = replace(
        made, name=name, segments={name: made.segments["region"]}, facts={"Model's name": name},
        evidence=made_run(600, names=(name, PLAIN)).evidence,
    )  # fmt: skip
    return report(run)


def inspected(name: str) -> str:
    rng, n = np.random.default_rng(8), 400
    created = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.sort(rng.uniform(0, 330, n)), "D")
    columns = {"region": rng.choice([name, "x1"], n), name: rng.choice([name, "x2"], n)}
    leads = pd.DataFrame({"lead_id": np.arange(n).astype(str), "created_at": created, **columns})
    ended, stage = created + pd.to_timedelta(5, "D"), np.where(rng.random(n) < 0.3, "won", "lost")
    outcomes = pd.DataFrame({"lead_id": leads["lead_id"], "stage": stage, "occurred_at": ended})
    recipe = parse_recipe(RECIPE)
    return inspect_page(inspect_tables(recipe, tables_from_frames(recipe, leads, None, outcomes)))


RECIPE = """
recipe = { name = "zzq", horizon_days = 10 }
tables = { leads = "leads.csv", outcomes = "outcomes.csv" }
lead = { id = "lead_id", created_at = "created_at", fields = { region = { type = "category" } } }
snapshots = { at_days = [0] }
split = { history_end = "2025-01-01" }
"""


def watched(name: str) -> str:
    look = {
        "subject": "inputs",
        "before": "12.5",
        "now": "1,000",
        "measure": "fell",
        "p": 0.5,
        "alarm": False,
    }
    about = [f"{name} {name}", f"events {name}", f"mix of {name}", f"filling of {name}", f"stage {name}"]
    words = f"leads with {name} '{name}' stopped: 0 where 31.5 of 900 were to be expected"
    remedy = f"See whether the channel or form that sends '{name}' still works."
    alarm = {"subject": "inputs", "about": about[0], "words": words, "remedy": remedy, "p": 0.0}
    row = {
        "by": "origin",
        "name": name,
        "leads": 40,
        "expected": 3.2,
        "customers": 4,
        "p": 0.3,
        "learned": False,
    }
    found = WatchResult.model_validate({
        "name": name, "as_of": "2025-01-01", "days": 30, "periods": 8, "false_alarms": 0.01,
        "answers": "model", "alarms": [alarm], "calibration": [row],
        "looks": [*[look | {"about": one} for one in about],
                  look | {"about": about[2], "before": "", "now": f"{name} 30% → 20%; {name} 1% → 4%"}],
        "notes": [f"a new stage: '{name}' came 9 times, before never or not for long; no recipe names it"],
    })  # fmt: skip
    return watch_page(found)


PAGES: dict[str, Callable[[str], str]] = {"report": reported, "inspection": inspected, "watch": watched}


@cache
def page_with(kind: str, name: str) -> str:
    return PAGES[kind](name)


def times(page: str, name: str) -> int:
    """How often a name stands in the texts of a page."""
    return sum(text.count(name) for text in texts(page))


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("kind", PAGES)
def test_what_a_company_wrote_comes_out_unchanged(kind: str, name: str) -> None:
    english = page_with(kind, name)
    planted = times(english, name) - times(page_with(kind, PLAIN), name)
    assert planted >= 5
    assert times(document_in(english, "fr"), name) >= planted


@pytest.mark.parametrize("kind", PAGES)
def test_nothing_else_of_these_pages_stays_english(kind: str) -> None:
    english = page_with(kind, PLAIN)
    own = set(re.findall(r'translate="no">([^<]+)<', english))
    said = {text.strip() for text in texts(english) if re.search("[A-Za-z]{3}", text)} - own
    left = said & {text.strip() for text in texts(document_in(english, "fr"))}
    assert {text for text in left if PLAIN not in text and text not in KNOWN} == set()
    told = [text for text in texts(document_in(english, "fr")) if text not in own]
    assert [text for text in told if ENGLISH.search(text) and text not in KNOWN] == []


ENGLISH = re.compile(
    r"\b(the|of|and|is|are|was|were|that|which|with|not|leads?|rows?|than|from|each|by|its?|where|when|has|this)\b"
)
KNOWN = SAME | {text for text, other in sentences("fr").items() if text == other} | {"Let it answer.", "abc"}
