"""How a run reads in MLflow's pages: name, description in words, tags, and the tables that it was fed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from features.clock import from_us
from training.history import History, SplitRows
from training.judging import JUDGED
from training.packing import Trained
from training.report import RunSummary

_DIGEST_LENGTH = 36
"""The most that MLflow takes."""
_SECRET = re.compile(r"(?<=://)[^/@\s]*@")


@dataclass(frozen=True)
class RunCard:
    """`name` and `description` are for people, `tags` for searching; run and registered version have both.

    `source` is where the tables come from, as the recipe says it; `digest` names their content.
    """

    name: str
    description: str
    tags: Mapping[str, str]
    source: str
    digest: str


def run_card(
    history: History, split: SplitRows, summary: RunSummary, trained: Trained | None, now: datetime
) -> RunCard:
    """The card of a run that ends at `now` (UTC) with this `summary`."""
    recipe = history.recipe
    return RunCard(
        name=f"{recipe.name} {now.astimezone(UTC):%Y-%m-%d %H:%M} {summary.verdict}",
        description=_description(history, summary, trained),
        tags=_tags(history, split, summary, trained),
        source=json.dumps(_sources(history)),
        digest=history.data_hash[:_DIGEST_LENGTH],
    )


def _sources(history: History) -> dict[str, str]:
    """Table → file, address or SELECT as the recipe has it, without the name and password of an address."""
    tables = history.recipe.tables
    sources = {name: getattr(tables, name) for name in type(tables).model_fields}
    texts = {name: source.file or source.sql for name, source in sources.items() if source is not None}
    return {name: _SECRET.sub("", text) for name, text in texts.items() if text}


def _tags(history: History, split: SplitRows, summary: RunSummary, trained: Trained | None) -> dict[str, str]:
    found = {
        "recipe_hash": history.recipe.hash,
        "data_hash": history.data_hash,
        "verdict": summary.verdict,
        "code_version": version("leadscore"),
        "horizon_days": f"{summary.horizon_days:g}",
    }
    if summary.base_rate is not None:
        found["base_rate"] = f"{summary.base_rate:.4f}"
    if len(split.test):
        found["test_window"] = _window(history, split)
    if trained is not None:
        found |= {"rung": trained.choices.top, "kind": trained.choices.kind}
    return {f"leadscore.{name}": value for name, value in found.items()}


def _window(history: History, split: SplitRows) -> str:
    """First and last as_of of the test; rows in their order where the recipe has no dates."""
    if not history.recipe.timed:
        return f"{len(split.test)} rows drawn by lot"
    if not history.recipe.dated:
        return f"the last {len(split.test)} rows"
    as_of = history.labelled.frame["as_of_us"].to_numpy(np.int64)[split.test]
    return f"{from_us(int(as_of.min())):%Y-%m-%d} to {from_us(int(as_of.max())):%Y-%m-%d}"


def _description(history: History, summary: RunSummary, trained: Trained | None) -> str:
    """A few sentences with the main figures."""
    parts = [f"Verdict: {summary.verdict}. {summary.recommendation}"]
    if trained is not None:
        parts.append(f"{_counts(trained.history, summary)} {_figures(summary)}")
    parts += [f"- {reason}" for reason in summary.reasons]
    return "\n\n".join(part.strip() for part in parts)


def _counts(history: History, summary: RunSummary) -> str:
    since = f" from {summary.test_from}" if summary.test_from else ""
    return (
        f"Converted within {summary.horizon_days:g} days: {summary.base_rate:.1%} of "
        f"{summary.n_test:,} test rows{since}; fitted on {summary.n_train:,} rows of "
        f"{summary.n_train_leads:,} leads with {len(history.features)} features."
    )


def _figures(summary: RunSummary) -> str:
    """The model's row of the comparison, and the log loss of who it has to beat."""
    mine = summary.row(JUDGED)
    names = {"log_loss": "log loss", "auc": "AUC", "lift_10": "lift of the best tenth"}
    known = mine.measured() if mine is not None else {}
    told = [f"{words} {known[name]:.4g}" for name, words in names.items() if name in known]
    rivals = dict.fromkeys(("champion", summary.best_baseline or "rules", "rules"))
    rows = (summary.row(name) for name in rivals)
    others = [f"{row.scorer} {row.log_loss:.4g}" for row in rows if row and row.log_loss is not None]
    words = f"The model: {', '.join(told)}." if told else ""
    return f"{words} Log loss of others: {', '.join(others)}." if others else words
