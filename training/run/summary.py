"""What a run says: one JSON object for scripts, and the test rows' probabilities for who recomputes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import from_us
from serving.calibration import Reference
from training.choosing import losses
from training.history import History, SplitRows
from training.judging import Evidence, doubts
from training.judging.shift import LARGE
from training.outlook import outlook_notes
from training.packing import Trained
from training.report import EarlierTest, RunSummary
from training.run.oddities import oddities
from training.run.recommend import MIN_EACH as MIN_EACH
from training.run.recommend import MIN_LEADS, recommend


def too_few(history: History, split: SplitRows) -> str | None:
    """Why nothing can be fitted and judged here, in words; None when it can be tried."""
    labelled = history.labelled
    y = labelled.y(split.fit)
    won, others = int(y.sum()), int((1 - y).sum())
    won_leads = labelled.n_leads(split.fit[y == 1])
    if not history.features:
        return "no field is used, no date and no events are given: there is no column to predict from"
    if not len(labelled.frame) and history.recipe.dated:
        days = history.recipe.recipe.horizon_days
        return (
            f"no snapshot is {days:g} days old at the end of the history, so that of none is it known what "
            "became of it within that time; ask for a shorter horizon, or give an older history"
        )
    if not len(split.fit):
        return (
            f"no row can be fitted on: {history.account[-2][1]} snapshots matured, none known before the test"
        )
    if not won:
        return f"no conversion among {len(y)} fit rows: there is no difference to learn"
    if not others:
        return f"only conversions among {len(y)} fit rows: there is no difference to learn"
    if min(won, others) < MIN_EACH or won_leads < MIN_LEADS:
        return (
            f"{won} converted and {others} other fit rows, {won_leads} converted leads: at least {MIN_EACH} "
            f"of each and {MIN_LEADS} converted leads are needed to learn"
        )
    if not len(split.test) or np.ptp(labelled.y(split.test)) == 0:
        return f"{len(split.test)} test rows of one kind only: nothing can be judged on them"
    return None


def summarise(
    history: History, split: SplitRows, verdict: str, reasons: list[str], trained: Trained | None = None
) -> RunSummary:
    """What `train --json` says, but for run id and artefact, which are known at the end."""
    labelled = history.labelled
    y = labelled.y(split.test)
    found: dict[str, Any] = {
        "name": history.recipe.name,
        "verdict": verdict,
        "reasons": reasons,
        "horizon_days": history.recipe.recipe.horizon_days,
        "n_train": len(split.fit),
        "n_train_leads": labelled.n_leads(split.fit),
        "n_test": len(split.test),
        "n_test_leads": labelled.n_leads(split.test),
        "base_rate": float(y.mean()) if len(y) else None,
        "test_from": _when(split.first_test_us) if history.recipe.dated and len(split.test) else None,
        "history_end": history.end.words if history.recipe.dated else None,
        "comparison": [],
        "rows": history.account + split.account,
        "quality": history.quality,
        "recommendation": recommend(history, split, verdict, trained.evidence if trained else None),
        "warnings": [*history.warnings, *oddities(history, split)],
    }
    return RunSummary.model_validate(found | (_of_trained(trained) if trained is not None else {}))


def _of_trained(trained: Trained) -> dict[str, Any]:
    """The part of the summary that needs a model."""
    shift = trained.shift["median_log_odds"]
    moved = f"the served artefact moved by {shift:.2f} log-odds (median) from the judged one"
    return {
        "comparison": trained.evidence.comparison,
        "best_baseline": trained.evidence.best_baseline,
        "checks": list(trained.judgement.checks),
        "incumbent": trained.judgement.incumbent,
        "ages": trained.evidence.ages,
        "settings": trained.served.manifest.settings,
        "judged": trained.judged.version,
        "served": trained.served.version,
        "shift": trained.shift,
        "seconds": trained.seconds,
        "ladder": trained.choices.ladder,
        "models_by_segment": trained.choices.segments and trained.choices.segments.as_dict(),
        **_beside(trained.evidence, trained.history.recipe.dated),
        "doubts": doubts(trained.evidence, trained.history.recipe.gate),
        "warnings": [
            *trained.history.warnings,
            *oddities(trained.history, trained.split),
            *([moved] if shift > LARGE else []),
            *(one.words for one in trained.evidence.protected),
            *_lost_before(trained.evidence),
            *_gap(trained),
            *_kept(trained),
            *outlook_notes(trained.history, trained.served),
        ],
    }


def _beside(evidence: Evidence, dated: bool) -> dict[str, Any]:
    """What was looked at beside the comparison: groups of rows, an earlier origin, the time of an answer."""
    return {
        "segments": evidence.segments,
        "new_accounts": evidence.new_accounts,
        "latency": evidence.latency,
        "earlier": [
            EarlierTest(
                test_from=_when(origin.first_us) if dated else None,
                n_test=origin.n_test,
                won=origin.won,
                comparison=[row.only("auc", "log_loss", "observed_expected") for row in origin.comparison],
            )
            for origin in evidence.earlier
        ],
    }


def _gap(trained: Trained) -> list[str]:
    """A warning where leads are of no segment: the model of all answers for them."""
    plan, rows = trained.choices.segments, len(trained.split.fit)
    if plan is None or not plan.uncovered:
        return []
    return [f"{plan.uncovered:,} of {rows:,} fit rows are of no segment: the model of all answers for them"]


def _kept(trained: Trained) -> list[str]:
    """Where the champion's bands begin and are kept, beside what the open leads would say now."""
    reference, bands = trained.served.manifest.references.get("model"), trained.history.recipe.bands
    if reference is None or "model" not in trained.kept:
        return []
    now = Reference.of(np.array(reference.probabilities), *bands.shares(trained.history.n_open))
    pairs = (("hot", reference.hot, now.hot), ("warm", reference.warm, now.warm))
    said = ", ".join(f"{name} from {kept:.2%} (the open leads say {new:.2%})" for name, kept, new in pairs)
    return [f"bands begin where the champion's do: {said}; 'leadscore train --new-bands' moves them"]


def _lost_before(evidence: Evidence) -> list[str]:
    """A warning where the model was surely beaten on the rows before the test."""
    return [
        f"on the {origin.n_test:,} rows before the test, with the same settings, {' and '.join(better)} had "
        "a lower log loss than the model, beyond the interval"
        for origin in evidence.earlier
        if (better := losses(origin))
    ]


def write_predictions(
    history: History, split: SplitRows, probabilities: dict[str, NDArray[np.float64]], path: Path
) -> None:
    """Parquet with lead_id, as_of, age_days, outcome and one column a scorer; one row a test row, in time.

    `as_of` is UTC; where time is only an order it is the row's place.
    """
    rows = history.labelled.frame.iloc[split.test].reset_index(drop=True)
    as_of = rows["as_of_us"]
    frame = pd.DataFrame(
        {
            "lead_id": rows["lead_id"],
            "as_of": pd.to_datetime(as_of, unit="us", utc=True) if history.recipe.dated else as_of,
            "age_days": rows["age_days"],
            "outcome": rows["label"].astype(np.int8),
            **probabilities,
        }
    )
    frame.to_parquet(path, index=False)


def _when(us: int) -> str:
    return from_us(us).isoformat(timespec="seconds")
