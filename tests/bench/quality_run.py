"""One measurement: leadscore's default training, its baselines and the peers on the same rows of one test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from features import Recipe
from features.columns import Floats
from tests.bench.quality_autogluon import NAME as AUTOGLUON
from tests.bench.quality_autogluon import autogluon
from tests.bench.quality_peers import PEERS, make_task, predict_or_base
from tests.bench.quality_results import COMPARED, FIGURES, SLOPE, Look
from tests.bench.quality_sets import DataSet, Origin
from training import train
from training.history.history import History, read_history
from training.history.split import SplitRows, forward_split
from training.judging.baselines import inside
from training.judging.evidence import JUDGED, Evidence, gather

Say = Callable[[str], None]
DRAWS = 2000
_IDS = ("lead_id", "as_of", "age_days", "outcome")


@dataclass(frozen=True)
class Measured:
    """`table` in the columns of `quality_results`, and the look at the test that it took."""

    table: pd.DataFrame
    look: Look


def measure(known: DataSet, origin: Origin, say: Say, *, peers: bool = True) -> Measured:
    """Train as `leadscore train` does, let the peers answer on the same rows, compare all with leadscore."""
    recipe = known.recipe(origin)
    history = read_history(recipe, known.folder)
    split = forward_split(recipe, history.labelled.frame)
    say(f"{known.name}, {origin.name}: leadscore on {len(split.fit):,} rows")
    own, settings = leadscore_predictions(recipe, known.folder, history, split)
    notes: dict[str, str] = {}
    if peers:
        theirs, notes = _peer_predictions(history, split, say)
        if origin == known.origins[0]:
            outside, notes[AUTOGLUON] = autogluon(known.name, history.labelled.frame.iloc[split.test])
            theirs |= {AUTOGLUON: outside} if outside is not None else {}
        own |= {name: inside(p) for name, p in theirs.items()}
    say(f"{known.name}, {origin.name}: {DRAWS:,} bootstrap draws of {len(own)} scorers")
    evidence = gather(recipe, history.labelled, split.test, own, DRAWS)
    table = tabulate(evidence, notes, len(split.fit)).assign(data_set=known.name, origin=origin.name)
    return Measured(table, _look(known, origin, recipe, settings))


def leadscore_predictions(
    recipe: Recipe, folder: Path, history: History, split: SplitRows
) -> tuple[dict[str, Floats], dict[str, Any]]:
    """Scorer → test probabilities as the default training wrote them, and the settings that it chose.

    Raises:
        AssertionError: training judged other rows than `split.test`.
    """
    with TemporaryDirectory(prefix="leadscore-bench-") as work:
        path = Path(work) / "predictions.parquet"
        run = train(recipe, folder, tracking=False, predictions=path, out=Path(work) / "artefacts")
        assert path.exists(), f"nothing was learned: {run.verdict}"
        written = pd.read_parquet(path)
    rows = history.labelled.frame.iloc[split.test]
    for theirs, mine in (("lead_id", "lead_id"), ("age_days", "age_days"), ("outcome", "label")):
        assert (written[theirs].to_numpy() == rows[mine].to_numpy()).all(), f"other test rows by {theirs}"
    scorers = [str(name) for name in written if name not in _IDS]
    return {name: written[name].to_numpy(np.float64) for name in scorers}, run.summary.settings


def _peer_predictions(
    history: History, split: SplitRows, say: Say
) -> tuple[dict[str, Floats], dict[str, str]]:
    """Peer → test probabilities, and what is to be said of those that failed or are not here."""
    labelled = history.labelled
    fit, test = (labelled.at(rows, history.features) for rows in (split.fit, split.test))
    task = make_task(history.features, fit, labelled.y(split.fit), test)
    found: dict[str, Floats] = {}
    notes: dict[str, str] = {}
    for peer in PEERS:
        if not peer.installed:
            notes[peer.name] = "not installed"
            say(f"  {peer.name}: not installed; 'make extras' adds it")
            continue
        say(f"  {peer.name}")
        found[peer.name], failure = predict_or_base(peer, task)
        if failure is not None:
            notes[peer.name] = f"failed, counted as the base rate: {failure}"
            say(f"  {peer.name} {notes[peer.name]}")
    return found, notes


def tabulate(evidence: Evidence, notes: dict[str, str], n_fit: int) -> pd.DataFrame:
    """One row a scorer with figures and leadscore's differences to it; absent peers have a note alone."""
    rows = []
    for found in evidence.comparison:
        name = found.scorer
        row: dict[str, Any] = {"scorer": name, "note": notes.get(name)}
        row |= {figure: found.figure(figure) for figure in FIGURES}
        between = evidence.interval(name, "slope")
        row |= dict(zip(SLOPE, (between.low, between.high) if between else (None, None), strict=True))
        if name != JUDGED:
            row |= _differences(evidence, name)
        rows.append(row)
    absent = [{"scorer": name, "note": note} for name, note in notes.items() if evidence.row(name) is None]
    facts = {"n_fit": n_fit, "n_test": evidence.n_test, "won": evidence.won}
    return pd.DataFrame(rows + absent).assign(**facts)


def _differences(evidence: Evidence, versus: str) -> dict[str, float | None]:
    """leadscore minus `versus` with its interval, in each compared figure."""
    found: dict[str, float | None] = {}
    for figure in COMPARED:
        between = evidence.difference(versus, figure)
        if between is not None:
            ends = {"minus": between.difference, "low": between.low, "high": between.high}
            found |= {f"{figure}_{part}": value for part, value in ends.items()}
    return found


def _look(known: DataSet, origin: Origin, recipe: Recipe, settings: dict[str, Any]) -> Look:
    chosen = hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()
    today = datetime.now(UTC).date().isoformat()
    return Look(today, known.name, origin.name, recipe.hash[:12], chosen[:12])
