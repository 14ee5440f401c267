"""One training run from tables to verdict: choose on folds, fit, judge what serving loads, refit, record."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from features.progress import Step, tell
from features.recipe import Recipe
from serving.registry import store_address
from training.choosing import Budget
from training.history import History, SplitRows, forward_split
from training.history.history import read_history
from training.judging import Evidence, Figures, Judgement, Limit
from training.packing import Trained
from training.report import RunSummary, report_input, write_curves, write_report
from training.run.make import make
from training.run.summary import summarise, too_few, write_predictions
from training.store import RECORD, REPORT, record_run, require_store


@dataclass(frozen=True)
class TrainingRun:
    """What `train` hands back. The dump of `summary` is the object of `--json`.

    `artefact` is where the served artefact is: `models:/NAME/VERSION` when it was registered, else a folder;
    None when nothing could be learned from so little. `store` is the tracking store's absolute address.
    """

    verdict: str
    summary: RunSummary
    run_id: str | None = None
    artefact: str | None = None
    store: str | None = None
    judgement: Judgement | None = None
    evidence: Evidence | None = None
    account: list[tuple[str, int]] = field(default_factory=list)

    @property
    def comparison(self) -> list[Figures]:
        """One row a scorer; empty when nothing was compared."""
        return self.summary.comparison


def train(
    recipe: Recipe,
    folder: Path | str,
    *,
    tracking: bool = True,
    progress: Step | None = None,
    predictions: Path | None = None,
    limit: Limit | None = None,
    out: Path | None = None,
    report: Path | None = None,
    engine: str = "duckdb",
    budget_seconds: float | None = None,
    study: Path | None = None,
) -> TrainingRun:
    """Train, judge and register a model of the tables in `folder`.

    Settings are chosen on inner folds; the artefact judged on the test is the one that serving loads; a
    second one, fitted with the same settings to the end of the history, is registered. `predictions` names a
    Parquet file for the test rows' probabilities. `limit` knows true probabilities (a simulator's). `out`
    receives both artefact folders; without it and without `tracking` a temporary folder does. `report`
    names a file for the page that people read; a recorded run keeps one in any case. `engine`
    computes the features ("duckdb", "spark" or a Postgres address). `progress` is told each step.
    With `budget_seconds` the booster's settings are searched for about that long, on the inner folds; an
    interrupted search keeps its best, and `study`, an SQLite file, lets a later run go on with it.

    Raises:
        LeadscoreError: a table, the recipe or the split cannot be used (see `read_history`, `forward_split`).
    """
    started = time.perf_counter()
    if tracking:
        require_store(recipe.name)
    history = read_history(recipe, Path(folder), progress, engine)
    budget = None
    if budget_seconds is not None:
        budget = Budget(budget_seconds, study, progress)
    asked = _Asked(tracking, progress, predictions, limit, report, time.perf_counter() - started, budget)
    if out is not None or not tracking:
        return _run(history, Path(out or mkdtemp(prefix="leadscore-")), asked, kept=True)
    with TemporaryDirectory(prefix="leadscore-") as work:
        return _run(history, Path(work), asked, kept=False)


@dataclass(frozen=True)
class _Asked:
    """What the caller of `train` wants, and the seconds that reading took."""

    tracking: bool
    progress: Step | None
    predictions: Path | None
    limit: Limit | None
    report: Path | None
    reading: float
    budget: Budget | None


def _run(history: History, work: Path, asked: _Asked, *, kept: bool) -> TrainingRun:
    """From the history to the hand-back; `kept` says that `work` outlives the run."""
    split = forward_split(history.recipe, history.labelled.frame)
    if (words := too_few(history, split)) is not None:
        return _nothing(history, split, work, asked, words)
    trained = make(
        history,
        split,
        work,
        progress=asked.progress,
        limit=asked.limit,
        with_champion=asked.tracking,
        budget=asked.budget,
    )
    trained.seconds["read"] = round(asked.reading, 2)
    if asked.predictions is not None:
        write_predictions(history, split, trained.probabilities, asked.predictions)
    judgement = trained.judgement
    summary = summarise(history, split, judgement.verdict, list(judgement.reasons), trained)
    page = _report(history, split, work, asked, summary, trained)
    run_id, version = None, None
    if asked.tracking:
        tell(asked.progress, "recording the run")
        run_id, version = record_run(history, split, work, summary, trained, page)
    artefact = str(work / "served") if kept else None
    if version is not None:
        artefact = f"models:/{version.name}/{version.number}"
    return TrainingRun(
        judgement.verdict,
        summary.model_copy(update={"run_id": run_id, "artefact": artefact}),
        run_id,
        artefact,
        store_address() if asked.tracking else None,
        judgement,
        trained.evidence,
        history.account + split.account,
    )


def _nothing(history: History, split: SplitRows, work: Path, asked: _Asked, words: str) -> TrainingRun:
    """The end of a run that has too little to learn from; it is recorded all the same."""
    summary = summarise(history, split, "nothing_to_learn", [words])
    page = _report(history, split, work, asked, summary)
    run_id, _ = record_run(history, split, work, summary, page=page) if asked.tracking else (None, None)
    store = store_address() if asked.tracking else None
    account = history.account + split.account
    summary = summary.model_copy(update={"run_id": run_id})
    return TrainingRun("nothing_to_learn", summary, run_id, store=store, account=account)


def _report(
    history: History,
    split: SplitRows,
    work: Path,
    asked: _Asked,
    summary: RunSummary,
    trained: Trained | None = None,
) -> Path | None:
    """The run's page where somebody will read it: in the store, with its drawings, or in a file of theirs."""
    path = asked.report or (work / REPORT if asked.tracking else None)
    if path is not None:
        tell(asked.progress, "writing the report")
        path.parent.mkdir(parents=True, exist_ok=True)
        shown = report_input(history, split, summary, trained)
        write_report(shown, path)
        if asked.tracking:
            write_curves(shown, work / RECORD)
    return path
