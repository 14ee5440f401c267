"""Made-up runs for reports: arrays with known answers, names as hostile as an export may bring."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd

from features import Feature, parse_recipe
from features.catalogue import DecayedCount, FieldValue
from features.clock.instants import DAY_US
from features.leaks.leaks import Suspect
from features.recipe.recipe import Gate
from serving.scorer import Contributions
from serving.words import Voice
from training.figures.metrics import figures, within_periods
from training.judging.evidence import Difference, Evidence
from training.judging.gate import judge
from training.judging.groups import Group
from training.judging.latency import Latency
from training.report.input import ReportInput, SegmentAnswer

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
    evidence = made_evidence(test, probabilities, names)
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
        gate=Gate(),
        test=test,
        probabilities=probabilities,
        segments={"region": region},
        evidence=evidence,
        suspects=[Suspect(names[-1], "too good alone", "alone it orders the outcome with an AUC of 0.99")],
        features=features,
        contributions=parts,
        voice=Voice(parse_recipe('tables = { leads = "leads.csv" }'), tuple(features.values()), "en"),
        explained={name: rng.random(200) for name in features},
        facts={"Model's name": names[0]},
        answering=[
            SegmentAnswer(
                names[0], names[-1], rows=900, converted_leads=260, answers="a model of its own",
                why="own minus parent in log loss [-0.0100, -0.0020]",
            ),
        ],
        fills=[(names[0], 0.9, 0.5), ("full", 1.0, 1.0)],
    )  # fmt: skip


def with_champion(run: ReportInput) -> ReportInput:
    """The same run with a champion that was judged on the same rows and is worse than the model."""
    assert run.test is not None
    probabilities = dict(run.probabilities) | {"champion": run.probabilities["model"] ** 0.8}
    evidence = made_evidence(run.test, probabilities)
    checks = judge(evidence, Gate()).checks
    return replace(run, probabilities=probabilities, evidence=evidence, checks=checks, incumbent="champion")


def difference(versus: str, low: float, high: float, figure: str = "log_loss") -> Difference:
    """The model minus `versus`, in the middle of its interval."""
    return Difference(
        scorer="model", versus=versus, figure=figure, difference=(low + high) / 2, low=low, high=high
    )


def made_group(level: str, low: float, high: float, field: str = "origin") -> Group:
    """A group of rows whose observed/expected has the interval `low` to `high`."""
    figures_of = {"auc": 0.7, "log_loss": 0.2, "observed_expected": (low + high) / 2}
    return Group(
        field=field, level=level, n=800, won=150, observed_expected=(low, high),
        scorers={"model": figures_of, "rules": figures_of | {"auc": 0.6}},
        auc_difference={"rules": (0.05, 0.15)},
    )  # fmt: skip


def made_evidence(
    test: pd.DataFrame, probabilities: dict[str, Any], names: tuple[str, ...] = ("north", "south")
) -> Evidence:
    """Evidence with figures, intervals of a fixed width, groups called `names` and an earlier origin."""
    y = test["label"].to_numpy(np.float64)
    period, leads = test["period"].to_numpy(np.int64), test["lead_id"].to_numpy(object)
    rows = []
    for name, p in probabilities.items():
        row: dict[str, Any] = {"scorer": name, **figures(y, p), **within_periods(y, p, period, leads, 50)}
        row["intervals"] = {k: [v - 0.05, v + 0.05] for k, v in row.items() if isinstance(v, float)}
        rows.append(row)
    others = [name for name in probabilities if name != "model"]
    sure = [difference(name, -0.2, -0.05) for name in others]
    before = Evidence(
        n_test=len(y), n_test_leads=test["lead_id"].nunique(), won=int(y.sum()), base_rate=float(y.mean()),
        first_us=START_US - 90 * DAY_US, last_us=START_US, draws=1000, best_baseline="rules", comparison=rows,
        differences=[*sure, *[difference(name, 0.02, 0.1, "auc") for name in others]],
    )  # fmt: skip
    return before.model_copy(
        update={
            "first_us": START_US,
            "last_us": START_US + 120 * DAY_US,
            "segments": [made_group(name, 0.8, 1.2) for name in names],
            "new_accounts": made_group("new to the test", 0.7, 1.3, "account"),
            "latency": Latency(median_ms=1.5, p95_ms=3.0, contributions_ms=0.5),
            "earlier": [before],
        }
    )


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
