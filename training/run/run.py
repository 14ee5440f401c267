"""One training run from tables to verdict: choose on folds, fit, judge what serving loads, refit, record."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

from features.exports import files_read
from features.language import LANGUAGES
from features.progress import tell
from features.recipe import Recipe
from features.room import within_room
from features.tables import Place
from serving.registry import report_file, shown_store
from training.history import History, SplitRows, forward_split
from training.history.history import read_history
from training.judging import Evidence, Figures, Judgement
from training.packing import Trained
from training.report import RunSummary, report_input, write_curves, write_report
from training.run.make import make
from training.run.options import TrainOptions
from training.run.summary import summarise, too_few, write_predictions
from training.store import RECORD, REPORT, record_run, require_store
from training.store.champion import ChampionArtefacts, activity_of_champion


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


def train(recipe: Recipe, folder: Place, options: TrainOptions | None = None, **asked: Any) -> TrainingRun:
    """Train, judge and register a model of the tables in `folder`, or as they are kept.

    Settings are chosen on inner folds; the artefact judged on the test is the one that serving loads; a
    second one, fitted with the same settings to the end of the history, is registered. `asked` are fields of
    `TrainOptions` by their names, and go before `options`: `train(recipe, "acme", tracking=False)`.

    Raises:
        LeadscoreError: a table, the recipe or the split cannot be used (see `read_history`, `forward_split`).
        TypeError: `asked` has a name that `TrainOptions` does not know.
    """
    chosen = replace(options or TrainOptions(), **asked)
    started = time.perf_counter()
    if chosen.tracking:
        require_store(recipe.name)
    champion = ChampionArtefacts() if chosen.tracking else None
    rival = activity_of_champion(recipe, champion) if champion else ()
    with within_room(*files_read(recipe, folder)):
        history = read_history(recipe, folder, chosen.progress, chosen.engine, rival)
        reading = time.perf_counter() - started
        if chosen.out is not None or not chosen.tracking:
            place = Path(chosen.out or mkdtemp(prefix="leadscore-"))
            return _run(history, place, chosen, reading, champion, kept=True)
        with TemporaryDirectory(prefix="leadscore-") as work:
            return _run(history, Path(work), chosen, reading, champion, kept=False)


def _run(
    history: History,
    work: Path,
    options: TrainOptions,
    reading: float,
    champion: ChampionArtefacts | None,
    *,
    kept: bool,
) -> TrainingRun:
    """From a history, read in `reading` seconds, to the hand-back; `kept`: `work` outlives the run."""
    split = forward_split(history.recipe, history.labelled.frame)
    if (words := too_few(history, split)) is not None:
        return _nothing(history, split, work, options, words)
    trained = make(
        history,
        split,
        work,
        progress=options.progress,
        limit=options.limit,
        champion=champion,
        new_bands=options.new_bands,
        budget=options.budget,
    )
    trained.seconds["read"] = round(reading, 2)
    if options.predictions is not None:
        write_predictions(history, split, trained.probabilities, options.predictions)
    judgement = trained.judgement
    summary = summarise(history, split, judgement.verdict, list(judgement.reasons), trained)
    page = _report(history, split, work, options, summary, trained)
    run_id, version = None, None
    if options.tracking:
        tell(options.progress, "recording the run")
        run_id, version = record_run(history, split, work, summary, trained, page)
    artefact = str(work / "served") if kept else None
    if version is not None:
        artefact = f"models:/{version.name}/{version.number}"
    return TrainingRun(
        judgement.verdict,
        summary.model_copy(update={"run_id": run_id, "artefact": artefact}),
        run_id,
        artefact,
        shown_store() if options.tracking else None,
        judgement,
        trained.evidence,
        history.account + split.account,
    )


def _nothing(
    history: History, split: SplitRows, work: Path, options: TrainOptions, words: str
) -> TrainingRun:
    """The end of a run that has too little to learn from; it is recorded all the same."""
    summary = summarise(history, split, "nothing_to_learn", [words])
    page = _report(history, split, work, options, summary)
    run_id, _ = record_run(history, split, work, summary, page=page) if options.tracking else (None, None)
    store = shown_store() if options.tracking else None
    account = history.account + split.account
    summary = summary.model_copy(update={"run_id": run_id})
    return TrainingRun("nothing_to_learn", summary, run_id, store=store, account=account)


def _report(
    history: History,
    split: SplitRows,
    work: Path,
    options: TrainOptions,
    summary: RunSummary,
    trained: Trained | None = None,
) -> Path | None:
    """The run's page where somebody will read it: in the store, with its drawings, or in a file of theirs.

    In the recipe's language; in the store also in the others, which pages show to who reads them.
    """
    path = options.report or (work / REPORT if options.tracking else None)
    if path is not None:
        tell(options.progress, "writing the report")
        path.parent.mkdir(parents=True, exist_ok=True)
        shown = report_input(history, split, summary, trained)
        own = history.recipe.recipe.language
        write_report(shown, path, own)
        if options.tracking:
            (work / RECORD).mkdir(parents=True, exist_ok=True)  # a run without a model has recorded nothing
            write_curves(shown, work / RECORD)
            for other in LANGUAGES:
                if other != own:
                    write_report(shown, work / RECORD / report_file(other), other)
    return path
