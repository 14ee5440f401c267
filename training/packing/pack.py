"""Packs a fitted model with everything a served score needs, writes it, and reads it back through serving."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TypeAlias

import numpy as np

from serving.artefact import Artefact, Manifest, RungName, load_artefact, save_artefact
from serving.calibration import Bounds, MonotoneMap, Reference
from serving.outlook import Outlook
from serving.scorer import Scorer, score
from serving.scorers import Bayes, Model, Segmented, Served
from training.calibration import MapChoice, bounds_of, calibrated_rules
from training.choosing import SegmentPlan, bayes_rung
from training.choosing.segments import with_segments
from training.fitting import Settings, fit_model
from training.history import History, Rows, newest_rows, rows_of, without_events
from training.outlook import fit_amount, fit_when
from training.packing.choices import Choices
from training.packing.observed import observed_rates

Cuts: TypeAlias = Mapping[RungName, tuple[float, float]]
"""Rung → the probabilities from which its leads are hot and warm."""
_FEWEST_OPEN = 20
"""With fewer open leads than this the newest matured rows fix the bands: a percentile needs a crowd."""
_LIBRARIES = ("leadscore", "lightgbm", "numpy")


def pack(
    history: History,
    choices: Choices,
    rows: Rows,
    folder: Path,
    judged_by: str | None = None,
    metrics: Mapping[str, float | None] | None = None,
    kept: Cuts | None = None,
) -> Artefact:
    """Fit on `rows` by `choices`, write the artefact into `folder`, and return it as serving loads it.

    `kept` are the probabilities from which leads of a rung stay hot and warm.
    """
    model, variant, bayes = fit_served(history, choices, rows)
    rules = calibrated_rules(history.rules, history.labelled, rows)
    scorers: dict[RungName, Scorer | None] = {
        "model": model,
        "no_events": variant,
        "bayes": bayes,
        "rules": rules,
    }
    manifest = _manifest(history, choices, rows, scorers, rules.calibration, kept or {})
    manifest = manifest.model_copy(update={"judged_by": judged_by, "metrics": dict(metrics or {})})
    outlook = _outlook(history, choices, rows)
    text = history.rules_text
    save_artefact(folder, manifest, model, rules=text, no_events=variant, bayes=bayes, outlook=outlook)
    return load_artefact(folder)


def _outlook(history: History, choices: Choices, rows: Rows) -> Outlook | None:
    """When leads convert and what they bring, as far as the recipe asks and outcomes tell."""
    when = fit_when(history, rows, choices.when) if choices.when is not None else None
    amount = fit_amount(history, rows) if history.recipe.recipe.value else None
    return Outlook(when, amount) if when is not None or amount is not None else None


def fit_served(history: History, choices: Choices, rows: Rows) -> tuple[Served, Served | None, Bayes | None]:
    """The model, its variant without events, and the Bayes rung below them.

    Where Bayes is the model there is neither: who is too thin for it is left to the rules.
    """
    bayes = bayes_rung(history, rows, choices.bayes)
    if choices.by_bayes:
        return with_segments(history, bayes, choices.segments, rows, bayes), None, None
    model = with_segments(history, _general(history, choices.model, rows), choices.segments, rows, bayes)
    plain = without_events(history)
    if choices.no_events is None or plain is None:
        return model, None, bayes
    variant, plan = _general(plain, choices.no_events, rows), choices.no_events_segments
    if plan is None or not plan.members:
        return model, variant, bayes
    return model, with_segments(plain, variant, plan, rows, bayes_rung(plain, rows)), bayes


def _general(history: History, settings: Settings, rows: Rows) -> Model:
    """The model of all leads."""
    return fit_model(history.excerpt(rows), history.recipe.train, settings)


def _manifest(
    history: History,
    choices: Choices,
    rows: Rows,
    scorers: Mapping[RungName, Scorer | None],
    rules_map: MonotoneMap | None,
    kept: Cuts,
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
        parted=history.parted,
        references=_references(history, rows, scorers, kept),
        rules_map=rules_map,
        bounds=_bounds(history, choices, rows, scorers),
        segment_bounds=_segment_bounds(history, choices, rows, scorers),
        rates=observed_rates(history, rows),
        settings=_settings(choices),
        versions={name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
    )


def _bounds(
    history: History, choices: Choices, rows: Rows, scorers: Mapping[RungName, Scorer | None]
) -> dict[RungName, Bounds]:
    """Intervals of the scorer of all leads and of its variant, whose out-of-fold margins are known."""
    wanted: dict[RungName, MapChoice | None] = {
        "model": choices.bayes if choices.by_bayes else choices.model.map,
        "no_events": choices.no_events.map if choices.no_events is not None else None,
        "bayes": choices.bayes,
    }
    found: dict[RungName, Bounds] = {}
    for name, chosen in wanted.items():
        scorer = scorers[name]
        parent = scorer.parent if isinstance(scorer, Segmented) else scorer
        if chosen is not None and parent is not None:
            better = None if name == "model" else scorers["model"]
            bounds = bounds_of(parent, chosen.bounds, history.labelled, rows, better)
            found |= {name: bounds} if bounds is not None else {}
    return found


def _segment_bounds(
    history: History, choices: Choices, rows: Rows, scorers: Mapping[RungName, Scorer | None]
) -> dict[RungName, dict[str, Bounds]]:
    """Intervals of the segments' own scorers, as far as their plans have the maps."""
    plans: dict[RungName, SegmentPlan | None] = {
        "model": choices.segments,
        "no_events": choices.no_events_segments,
    }
    found: dict[RungName, dict[str, Bounds]] = {}
    for name, plan in plans.items():
        scorer = scorers[name]
        if not isinstance(scorer, Segmented) or plan is None:
            continue
        own = dict(scorer.members)
        for member in plan.members:
            mine = rows_of(history, scorer.plan, rows, member.segment)
            bounds = bounds_of(own[member.segment], member.bounds, history.labelled, mine)
            if bounds is not None:
                found.setdefault(name, {})[member.segment] = bounds
    return found


def _settings(choices: Choices) -> dict[str, object]:
    chosen: dict[str, object] = {"model": choices.model.as_dict()}
    if choices.bayes is not None:
        chosen["bayes"] = {"map_name": choices.bayes.name}
    if choices.ladder is not None:
        chosen["ladder"] = choices.ladder.model_dump()
    if choices.segments is not None:
        chosen["segments"] = choices.segments.as_dict()
    if choices.no_events_segments is not None:
        chosen["no_events_segments"] = choices.no_events_segments.as_dict()
    return chosen if choices.no_events is None else chosen | {"no_events": choices.no_events.as_dict()}


def _references(
    history: History, rows: Rows, scorers: Mapping[RungName, Scorer | None], kept: Cuts
) -> dict[RungName, Reference]:
    """What high means for each rung: the leads open at the end, or the newest rows where hardly any is.

    Bands begin where the recipe says, else where they are `kept`, else by shares of these leads.
    """
    bands, n_open = history.recipe.bands, history.n_open
    columns = history.open_columns
    if n_open < _FEWEST_OPEN:
        columns = history.labelled.at(newest_rows(history.labelled.frame, rows, 0.25))
        n_open = columns.n_leads
    found: dict[RungName, Reference] = {}
    for name, scorer in scorers.items():
        if scorer is not None:
            reference = Reference.of(score(scorer, columns), *bands.shares(n_open))
            cut = bands.fixed or kept.get(name)
            found[name] = reference.cut(*cut) if cut else reference
    return found
