"""Leaves a run in the store: recipe, rows, settings, figures, drawings, evidence, both artefacts."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from training.history import History, SplitRows
from training.judging.evidence import write_evidence
from training.packing import Trained
from training.report import RunSummary
from training.store import logged, tracking
from training.store.peak import peak_memory_mb
from training.store.run_card import run_card
from training.store.tracking import REPORT

RECORD = "record"
"""The folder below a run's work whose files become its artefacts; the page's drawings stand there already."""


def record_run(
    history: History,
    split: SplitRows,
    work: Path,
    summary: RunSummary,
    trained: Trained | None = None,
    page: Path | None = None,
) -> tuple[str, tracking.Version | None]:
    """Write the run's files below `work` and log them and `page`; (run id, registered version or None).

    A run that learned nothing is recorded too, without a model: that it was tried is worth knowing.
    """
    folder = work / RECORD
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "recipe.json", history.recipe.model_dump(mode="json"))
    _write_json(folder / "summary.json", summary.model_dump(mode="json"))
    if page is not None:
        shutil.copyfile(page, folder / REPORT)
    if trained is not None:
        write_evidence(trained.evidence, folder / tracking.EVIDENCE)
        shutil.copytree(work / "judged", folder / tracking.JUDGED, dirs_exist_ok=True)
    learned = trained is not None and summary.verdict != "nothing_to_learn"
    return logged.log_run(
        logged.Record(
            name=history.recipe.name,
            folder=folder,
            params=_params(history, trained),
            metrics=_metrics(summary, trained),
            card=run_card(history, split, summary, trained, datetime.now(UTC)),
            served=work / "served" if learned else None,
            features=trained.served.model.features if trained is not None else (),
        )
    )


def _params(history: History, trained: Trained | None) -> dict[str, Any]:
    """What the recipe said of training, and what the folds chose."""
    recipe = history.recipe
    read = history.features if trained is None else trained.history.features
    found: dict[str, Any] = {f"train.{name}": value for name, value in recipe.train.model_dump().items()}
    found |= {"horizon_days": recipe.recipe.horizon_days, "features": len(read)}
    if trained is not None:
        chosen = trained.choices.model
        found |= {
            "kind": trained.choices.kind,
            "rounds": chosen.trees.all_rounds,
            "penalty": chosen.linear.penalty,
        }
        found |= {"calibration": chosen.map.name, "calendars": ", ".join(chosen.trees.calendars) or "none"}
        found |= {f"searched.{name}": value for name, value in chosen.trees.booster.items()}
    return found


def _metrics(summary: RunSummary, trained: Trained | None) -> dict[str, float]:
    """`scorer.figure`, counts of rows, seconds of each step, peak memory."""
    found = {
        f"{row.scorer}.{figure}": value
        for row in summary.comparison
        for figure, value in row.measured().items()
    }
    counts = {
        "n_train": summary.n_train,
        "n_train_leads": summary.n_train_leads,
        "n_test": summary.n_test,
    }
    found |= {name: float(count) for name, count in counts.items()}
    found["peak_memory_mb"] = peak_memory_mb()
    if trained is not None:
        found |= {f"seconds.{step}": seconds for step, seconds in trained.seconds.items()}
        found |= {f"shift.{name}": value for name, value in trained.shift.items()}
        if (latency := trained.evidence.latency) is not None:
            found |= {f"latency.{name}": value for name, value in latency.model_dump().items()}
    return found


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
