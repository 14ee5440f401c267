"""Made-up runs for reports: arrays with known answers, names as hostile as an export may bring."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd

from features import DecayedCount, Feature, FieldValue
from features.clock import DAY_US
from features.recipe import Gate
from serving.scorer import Contributions
from training.evidence import Difference, Evidence
from training.gate import judge
from training.leaks import Suspect
from training.metrics import figures, within_periods
from training.report_input import ReportInput

START_US = 1_735_689_600_000_000
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "a & b 'c' \u202etxt.exe",
    "nul\x00 bell\x07 half\ud800",
)


def made_run(
    rows: int = 3000, *, names: tuple[str, ...] = ("north", "south"), dated: bool = True
) -> ReportInput:
    """A run whose model knows the true probabilities; its rows are in time, three of a lead."""
    rng = np.random.default_rng(5)
    p = 1 / (1 + np.exp(-rng.normal(-2.5, 1.2, rows)))
    y = (rng.random(rows) < p).astype(np.float64)
    as_of = START_US + np.arange(rows) * (120 * DAY_US // rows) if dated else np.arange(rows)
    leads = np.array([f"secret-lead-{i % (rows // 3)}" for i in range(rows)], dtype=object)
    period = as_of // (7 * DAY_US) if dated else np.arange(rows) // 1000
    test = pd.DataFrame(
        {
            "lead_id": leads,
            "cluster": leads,
            "as_of_us": as_of,
            "age_days": rng.choice([0.0, 7.0, 30.0], rows),
            "label": y,
            "period": period,
        }
    )
    probabilities = {"model": p, "rules": np.sqrt(p) * 0.5, "newest_first": rng.random(rows) * 0.2 + 0.001}
    probabilities["base_rate"] = np.full(rows, max(y.mean(), 0.01))
    evidence = made_evidence(test, probabilities)
    features: dict[str, Feature] = {
        f.name: f for f in (FieldValue("size", "number"), DecayedCount(("demo",), 14.0))
    }
    parts = Contributions(tuple(features), rng.normal(0, 0.3, (200, 2)), np.zeros(200))
    region = np.array([None, *names], dtype=object)[rng.integers(0, len(names) + 1, rows)]
    return ReportInput(
        name=names[0],
        verdict="promote",
        reasons=[],
        recommendation="Let it answer.",
        horizon_days=90,
        account=[("leads read", rows), ("test rows", rows)],
        quality=[("leads", f"cells of {names[-1]} that do not parse", 3, "treated as missing")],
        capacity=50,
        dated=dated,
        incumbent="rules",
        run_id="abc",
        checks=judge(evidence, Gate()).checks,
        test=test,
        probabilities=probabilities,
        segments={"region": region},
        evidence=evidence,
        suspects=[Suspect(names[-1], "too good alone", "alone it orders the outcome with an AUC of 0.99")],
        features=features,
        contributions=parts,
        explained={name: rng.random(200) for name in features},
        facts={"Model's name": names[0]},
    )


def made_evidence(test: pd.DataFrame, probabilities: dict[str, Any]) -> Evidence:
    """Evidence with figures and, for the model, intervals of a fixed width."""
    y = test["label"].to_numpy(np.float64)
    period, leads = test["period"].to_numpy(np.int64), test["lead_id"].to_numpy(object)
    rows = []
    for name, p in probabilities.items():
        row: dict[str, Any] = {"scorer": name, **figures(y, p), **within_periods(y, p, period, leads, 50)}
        row["intervals"] = {k: [v - 0.05, v + 0.05] for k, v in row.items() if isinstance(v, float)}
        rows.append(row)
    loss = Difference(
        scorer="model", versus="rules", figure="log_loss", difference=-0.1, low=-0.2, high=-0.05
    )
    return Evidence(
        n_test=len(y), n_test_leads=test["lead_id"].nunique(), won=int(y.sum()), base_rate=float(y.mean()),
        first_us=0, last_us=1, draws=1000, best_baseline="rules", comparison=rows, differences=[loss],
    )  # fmt: skip


class Seen(HTMLParser):
    """What a page holds: tags with attributes, texts, and whether every tag is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        """All text of the page but its style."""
        return "\n".join(self.texts)

    @property
    def sections(self) -> list[str]:
        """The keys of the sections in order."""
        return [str(attributes["id"]) for tag, attributes in self.tags if tag == "section"]


def assert_self_contained(page: str) -> Seen:
    """A page without script, without anything fetched, without a number that is none; what it holds."""
    seen = Seen(page)
    assert not {tag for tag, _ in seen.tags} & {"script", "img", "iframe", "object", "embed", "form", "base"}
    for tag, attributes in seen.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name in ("xmlns", "content") or "//" not in (value or ""), (tag, name, value)
            if tag in ("line", "circle", "rect", "polyline", "svg") and name != "aria-label":
                assert not {"nan", "inf"} & set(re.findall("[a-z]+", value or "")), (tag, name, value)
    assert "url(" not in page
    assert "@import" not in page
    return seen
