"""The champion on the same test rows, when its training left them unseen."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from features import LeadscoreError
from features.clock import days_us
from serving.artefact import Artefact, load_artefact
from serving.registry import find_champion
from training import tracking
from training.history import History
from training.package import score
from training.split import SplitRows


def champion_probabilities(
    history: History, split: SplitRows
) -> tuple[str | None, dict[str, NDArray[np.float64]]]:
    """(version, {"champion": probabilities of the test rows}), or (None, {}) where no fair comparison is.

    The champion that is served was fitted to the end of its history, so it may have seen this test; then its
    twin, the artefact that was judged, stands for it. If both saw the test, or read features that this recipe
    does not make, there is no comparison.
    """
    found = find_champion(history.recipe.name)
    if found is None:
        return None, {}
    with TemporaryDirectory(prefix="leadscore-champion-") as work:
        for path in ("model", tracking.JUDGED):
            artefact = _fetched(found.uri if path == "model" else "", found.run_id, path, Path(work))
            if artefact is not None and _unseen(artefact, split) and _readable(artefact, history):
                columns = history.labelled.at(split.test, artefact.model.features)
                return found.version, {"champion": score(artefact.model, columns)}
    return None, {}


def _fetched(uri: str, run_id: str, path: str, work: Path) -> Artefact | None:
    """The served artefact (by `uri`), or the judged one of the run; None where it cannot be read."""
    from serving.registry import artefact_within, fetch

    try:
        if uri:
            return load_artefact(fetch(uri))
        folder = tracking.fetch_folder(run_id, path, work)
        return load_artefact(artefact_within(folder)) if folder else None
    except LeadscoreError:
        return None


def _unseen(artefact: Artefact, split: SplitRows) -> bool:
    """Whether every label that the artefact was fitted on was known before this test began."""
    manifest = artefact.manifest
    waits = 0 if manifest.recipe.outcomes.at_once else days_us(manifest.horizon_days)
    return manifest.window_us[1] + waits <= split.first_test_us


def _readable(artefact: Artefact, history: History) -> bool:
    """Whether this history makes every feature that the artefact's model reads, with the same meaning."""
    made = {feature.name: feature for feature in history.features}
    return all(made.get(feature.name) == feature for feature in artefact.model.features)
