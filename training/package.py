"""Packs a fitted model with everything a served score needs, writes it, and reads it back through serving."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features import Columns
from serving.artefact import Artefact, load_artefact, save_artefact
from serving.bayes import Bayes
from serving.blend import Model
from serving.interval import Bounds
from serving.manifest import Manifest, RungName
from serving.maps import MonotoneMap
from serving.reference import Reference
from serving.scorer import Scorer
from serving.segment import Segmented, Served
from training.baselines import calibrated_rules
from training.fit import fit_model
from training.history import History
from training.ladder_choice import LadderChoice
from training.rungs import bayes_rung
from training.segment_fit import SegmentPlan, with_segments
from training.segment_rows import rows_of
from training.settings import Settings
from training.split import Rows, newest_rows
from training.spreads import bounds_of

Floats = NDArray[np.float64]

_FEWEST_OPEN = 20
"""With fewer open leads than this the newest matured rows fix the bands: a percentile needs a crowd."""
_LIBRARIES = ("leadscore", "lightgbm", "numpy")


@dataclass(frozen=True)
class Choices:
    """The settings of the model and of its variant without events (None where there is none).

    `ladder` says whether the model or Bayes answers first, and why; None: the model. `segments` says which
    segments have a scorer of their own.
    """

    model: Settings
    no_events: Settings | None
    ladder: LadderChoice | None = None
    segments: SegmentPlan | None = None

    @property
    def by_bayes(self) -> bool:
        """Whether the artefact's model is the Bayes rung."""
        return self.ladder is not None and self.ladder.top == "bayes"

    @property
    def kind(self) -> str:
        """The kind of the artefact's model."""
        return "bayes" if self.by_bayes else self.model.kind


def pack(
    history: History,
    choices: Choices,
    rows: Rows,
    folder: Path,
    judged_by: str | None = None,
    metrics: Mapping[str, float | None] | None = None,
) -> Artefact:
    """Fit on `rows` by `choices`, write the artefact into `folder`, and return it as serving loads it."""
    model, variant, bayes = _fit(history, choices, rows)
    rules = calibrated_rules(history.rules, history.labelled, rows)
    scorers: dict[RungName, Scorer | None] = {
        "model": model,
        "no_events": variant,
        "bayes": bayes,
        "rules": rules,
    }
    manifest = _manifest(history, choices, rows, scorers, rules.calibration)
    manifest = manifest.model_copy(update={"judged_by": judged_by, "metrics": dict(metrics or {})})
    save_artefact(folder, manifest, model, rules=history.rules_text, no_events=variant, bayes=bayes)
    return load_artefact(folder)


def _fit(history: History, choices: Choices, rows: Rows) -> tuple[Served, Model | None, Bayes | None]:
    """The model, its variant without events, and the Bayes rung below them.

    Where Bayes is the model there is neither: who is too thin for it is left to the rules. The variant is
    one for all segments: their own scorers were chosen with events, and prove nothing without.
    """
    bayes = bayes_rung(history, rows)
    if choices.by_bayes:
        return with_segments(history, bayes, choices.segments, rows, bayes), None, None
    recipe, labelled = history.recipe, history.labelled
    parent = fit_model(recipe, labelled, history.features, rows, choices.model)
    model = with_segments(history, parent, choices.segments, rows, bayes)
    if choices.no_events is None or history.features_without_events is None:
        return model, None, bayes
    variant = fit_model(recipe, labelled, history.features_without_events, rows, choices.no_events)
    return model, variant, bayes


def score(scorer: Scorer, columns: Columns) -> Floats:
    """Probabilities of a scorer, shape `(n_leads,)`."""
    return scorer.probability(scorer.margin(columns))


def _manifest(
    history: History,
    choices: Choices,
    rows: Rows,
    scorers: Mapping[RungName, Scorer | None],
    rules_map: MonotoneMap | None,
) -> Manifest:
    """The facts of one fit; nothing in it depends on when or where it was written."""
    recipe, labelled = history.recipe, history.labelled
    as_of = labelled.frame["as_of_us"].to_numpy(np.int64)[rows]
    return Manifest(
        name=recipe.name,
        recipe=recipe,
        recipe_hash=recipe.hash,
        data_hash=history.data_hash,
        horizon_days=recipe.recipe.horizon_days,
        base_rate=float(labelled.y(rows).mean()),
        n_rows=len(rows),
        n_leads=labelled.n_leads(rows),
        window_us=(int(as_of.min()), int(as_of.max())),
        history_end_us=history.end_us,
        references=_references(history, rows, scorers),
        rules_map=rules_map,
        bounds=_bounds(history, choices, rows, scorers),
        segment_bounds=_segment_bounds(history, choices, rows, scorers["model"]),
        settings=_settings(choices),
        versions={name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
    )


def _bounds(
    history: History, choices: Choices, rows: Rows, scorers: Mapping[RungName, Scorer | None]
) -> dict[RungName, Bounds]:
    """Intervals of the scorer of all leads and of its variant, whose out-of-fold margins are known."""
    model = scorers["model"]
    parent = model.parent if isinstance(model, Segmented) else model
    wanted: tuple[tuple[RungName, Scorer | None, Settings | None], ...] = (
        ("model", parent, None if choices.by_bayes else choices.model),
        ("no_events", scorers["no_events"], choices.no_events),
    )
    found: dict[RungName, Bounds] = {}
    for name, scorer, chosen in wanted:
        if chosen is not None and scorer is not None:
            bounds = bounds_of(scorer, chosen.bounds, history.labelled, rows)
            found |= {name: bounds} if bounds is not None else {}
    return found


def _segment_bounds(
    history: History, choices: Choices, rows: Rows, model: Scorer | None
) -> dict[str, Bounds]:
    """Intervals of the segments' own scorers, as far as their plan has the maps."""
    if not isinstance(model, Segmented) or choices.segments is None:
        return {}
    own = dict(model.members)
    found: dict[str, Bounds] = {}
    for member in choices.segments.members:
        mine = rows_of(history, model.plan, rows, member.segment)
        bounds = bounds_of(own[member.segment], member.bounds, history.labelled, mine)
        found |= {member.segment: bounds} if bounds is not None else {}
    return found


def _settings(choices: Choices) -> dict[str, object]:
    chosen: dict[str, object] = {"model": choices.model.as_dict()}
    if choices.ladder is not None:
        chosen["ladder"] = choices.ladder.model_dump()
    if choices.segments is not None:
        chosen["segments"] = choices.segments.as_dict()
    return chosen if choices.no_events is None else chosen | {"no_events": choices.no_events.as_dict()}


def _references(
    history: History, rows: Rows, scorers: Mapping[RungName, Scorer | None]
) -> dict[RungName, Reference]:
    """What high means for each rung: the leads open at the end, or the newest rows where hardly any is."""
    bands = history.recipe.bands
    columns = history.open_columns
    if history.n_open < _FEWEST_OPEN:
        columns = history.labelled.at(newest_rows(history.labelled.frame, rows, 0.25))
    return {
        name: Reference.of(score(scorer, columns), bands.hot_share, bands.warm_share)
        for name, scorer in scorers.items()
        if scorer is not None
    }
