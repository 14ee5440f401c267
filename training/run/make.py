"""A model made on one split of the history: chosen, fitted, packed, timed."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from features.columns import Floats
from features.progress import Step, tell
from serving.artefact import Artefact, artefact_id
from serving.scorer import score
from training.choosing import Budget
from training.fitting import fit_logistic_model
from training.history import History, SplitRows
from training.judging import JUDGED, Limit, baselines, gather
from training.judging.latency import latency
from training.judging.protected import Protected, protected_of
from training.judging.shift import score_shift
from training.outlook import choose_when, judge_outlook
from training.packing import Choices, Trained, pack
from training.run.gain import gain_of_accounts
from training.run.pooled import pool
from training.run.procedure import choose_kinds, try_earlier
from training.store import Rival, champion_of
from training.store.champion import ChampionArtefacts
from training.store.promotion import judge_served


def make(
    history: History,
    split: SplitRows,
    work: Path,
    *,
    progress: Step | None = None,
    limit: Limit | None = None,
    champion: ChampionArtefacts | None = None,
    new_bands: bool = False,
    budget: Budget | None = None,
) -> Trained:
    """Choose, fit, judge and refit; both artefacts are written below `work`.

    With `champion` it is compared. Bands begin where the champion's do, unless `new_bands` are asked for.
    """
    clock = Clock(progress)
    clock.step("choosing settings on inner folds", "choose")
    choices = choose_kinds(history, split, budget)
    if choices.model.activity:
        history = replace(history, features=(*history.features, *history.activity))
    clock.step("judging from an earlier origin", "earlier")
    draws = max(history.recipe.gate.draws, 1000)
    choices, earlier = try_earlier(history, split, choices, draws)
    if len(history.recipe.recipe.horizons) > 1:
        clock.step("choosing how leads that convert are told apart by when", "when")
        choices = replace(choices, when=choose_when(history, split.fit))
    clock.step(f"fitting on {len(split.fit):,} rows", "fit")
    rival = champion_of(history, split, champion) if champion else Rival()
    kept = {} if new_bands else rival.cuts
    # the variant without events is not judged: it is fitted for what is served alone
    whole = replace(choices, no_events=None, no_events_segments=None)
    judged = pack(history, whole, split.fit, work / "judged", kept=kept)
    clock.step(f"judging on {len(split.test):,} test rows", "judge")
    probabilities = predict_all(history, split, choices, judged, limit) | rival.probabilities
    evidence = gather(
        history.recipe, history.labelled, split.test, probabilities, draws, rival.version, split.fit
    )
    evidence = evidence.model_copy(
        update={
            "latency": latency(judged, history, split.test),
            "outlook": judge_outlook(history, split, judged, probabilities[JUDGED]),
            "earlier": [earlier.evidence] if earlier else [],
            "champion_missing": rival.missing,
            "pooled": pool(history, split, probabilities, draws),
            "accounts_gain": gain_of_accounts(history, split),
            "protected": _protected(history, split, judged, probabilities[JUDGED]),
        }
    )
    judgement = judge_served(history.recipe, evidence)
    clock.step("fitting again to the end of the history", "refit")
    rows = np.arange(len(history.labelled.frame))
    row = evidence.row(JUDGED)
    metrics = row.measured() if row is not None else {}
    served = pack(history, choices, rows, work / "served", artefact_id(work / "judged"), metrics, kept)
    shift = score_shift(judged, served, history)
    clock.stop()
    found = (judged, served, probabilities, evidence, judgement, shift, clock.seconds, kept)
    return Trained(history, split, choices, *found)


def _protected(history: History, split: SplitRows, judged: Artefact, probability: Floats) -> list[Protected]:
    """Who is disadvantaged where the judged model's hot leads begin."""
    test, reference = split.test, judged.manifest.references.get("model")
    if reference is None:
        return []
    return protected_of(
        {column: values[test] for column, values in history.protected.items()},
        history.labelled.frame["lead_id"].to_numpy(object)[test],
        judged.model.features,
        history.labelled.at(test),
        probability,
        reference.hot,
        history.labelled.y(test),
    )


def predict_all(
    history: History, split: SplitRows, choices: Choices, judged: Artefact, limit: Limit | None
) -> dict[str, Floats]:
    """Scorer → probabilities of the test rows; model, bayes and rules are those that serving loaded."""
    labelled, fit, test = history.labelled, split.fit, split.test
    logistic = fit_logistic_model(history.excerpt(fit), history.recipe.train, choices.model)
    columns = labelled.at(test)
    found = {
        "base_rate": baselines.base_rate(labelled, fit, test),
        "newest_first": baselines.newest_first(labelled, fit, test),
        "rules": score(judged.rules, columns),
        "pls": baselines.pls(labelled, history.features, fit, test),
        "bayes": score(judged.bayes, columns) if judged.bayes is not None else None,
        "logistic": score(logistic, columns),
        JUDGED: score(judged.model, columns),
    }
    if limit is not None:
        rows = labelled.frame.iloc[test].reset_index(drop=True)
        known = limit(rows)
        found["limit"] = None if known is None else baselines.inside(np.asarray(known, dtype=np.float64))
    return {name: p for name, p in found.items() if p is not None}


class Clock:
    """Tells each step as it begins, and how long each took, in seconds."""

    def __init__(self, progress: Step | None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._name, self._since = "", time.perf_counter()

    def step(self, words: str, name: str) -> None:
        """A step begins, and with it the one before has ended."""
        self.stop()
        tell(self._progress, words)
        self._name = name

    def stop(self) -> None:
        """The last step has ended."""
        now = time.perf_counter()
        if self._name:
            self.seconds[self._name] = round(now - self._since, 2)
        self._since = now
