"""The champion on the same test rows, when its training left them unseen; else why it cannot be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Activity
from features.clock import from_us
from features.errors import LeadscoreError
from features.recipe import Recipe
from features.snapshots import label_wait_us
from serving.artefact import Artefact, load_artefact
from serving.registry import ChampionRef, find_champion
from serving.scorer import score
from serving.scorers import route_of
from training.history import History, SplitRows, known_before
from training.packing import Cuts
from training.store import tracking
from training.store.cuts import cuts_kept


@dataclass(frozen=True)
class Rival:
    """The champion's `version` (None: there is none), and its probabilities under its name, `(n_test,)`.

    Without probabilities `missing` says why there are none, and what to do. `cuts` are where its bands begin,
    none where they are not to be kept.
    """

    version: str | None = None
    probabilities: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    missing: str = ""
    cuts: Cuts = field(default_factory=dict)


class ChampionArtefacts:
    """The champion's artefacts as one training asks for them: what was read is not fetched again."""

    def __init__(self) -> None:
        self._read: dict[tuple[ChampionRef, str], Artefact] = {}

    def of(self, found: ChampionRef) -> Iterator[Artefact | None]:
        """The served artefact, then the one that was judged; None where it cannot be read."""
        with TemporaryDirectory(prefix="leadscore-champion-") as work:
            for path in ("model", tracking.JUDGED):
                artefact = self._read.get((found, path))
                if artefact is None:
                    uri = found.uri if path == "model" else ""
                    artefact = _fetched(uri, found.run_id, path, Path(work))
                if artefact is not None:
                    self._read[found, path] = artefact
                yield artefact


def champion_of(history: History, split: SplitRows, artefacts: ChampionArtefacts | None = None) -> Rival:
    """The champion judged on the test rows; of `artefacts` those are not fetched that were read before.

    The champion that is served was fitted to the end of its history, so it may have seen this test; then its
    twin, the artefact that was judged, stands for it. Who cannot be compared is not forgotten: the gate
    refuses then.
    """
    compared = _compared(history, split, artefacts or ChampionArtefacts())
    return replace(compared, cuts=cuts_kept(history.recipe))


def answering(recipe: Recipe) -> tuple[ChampionRef, str] | None:
    """Who answers by now for the leads that `recipe` asks about, and its version in words.

    That is its champion. Before a milestone that is the win itself has one, it is the champion of the recipe
    that declares it.
    """
    found = find_champion(recipe.name)
    if found is not None:
        return found, found.version
    main = recipe.name.rpartition("-")[0]
    found = find_champion(main) if main and recipe.outcomes.after else None
    kept = tracking.read_json(found.run_id, "recipe.json") if found is not None else None
    if found is None or kept is None or not _same_question(Recipe.model_validate(kept), recipe):
        return None
    return found, f"{found.version} of {main}"


def activity_of_champion(recipe: Recipe, artefacts: ChampionArtefacts | None = None) -> tuple[Activity, ...]:
    """What the champion reads of its own chain: no recipe makes it, and every training fits another."""
    answers = answering(recipe)
    if answers is None:
        return ()
    for artefact in (artefacts or ChampionArtefacts()).of(answers[0]):
        if artefact is not None:
            return tuple(one for one in artefact.model.features if isinstance(one, Activity))
    return ()


def _compared(history: History, split: SplitRows, artefacts: ChampionArtefacts) -> Rival:
    """The champion on the test rows, or why it is not there."""
    answers = answering(history.recipe)
    if answers is None:
        return Rival()
    found, version = answers
    why = ""
    for artefact in artefacts.of(found):
        if artefact is None:
            why = why or _UNREADABLE
            continue
        why = unfit(artefact, history, split)
        if not why:
            columns = history.labelled.at(split.test, artefact.model.features)
            return Rival(version, {"champion": score(artefact.model, columns)})
    return Rival(version, missing=f"version {version} is champion and was not compared: {why}")


_UNREADABLE = (
    "its artefact cannot be read. Bring it back into the store, go back with 'leadscore rollback', or "
    "promote with --force --reason"
)


def unfit(artefact: Artefact, history: History, split: SplitRows) -> str:
    """Why `artefact` cannot be compared on this test, and what to do; '' when it can."""
    if not _same_question(artefact.manifest.recipe, history.recipe):
        return (
            "it answers another question: its outcomes, or its horizon of "
            f"{artefact.manifest.horizon_days:g} days, are not those of this recipe. Give the model of "
            "another question a name of its own, or promote with --force --reason"
        )
    unread = _unread(artefact, history)
    if unread:
        return (
            f"it reads what this recipe does not make, or makes otherwise: {', '.join(unread)}. Declare that "
            "as the champion's recipe does and train again, or promote with --force --reason"
        )
    if not _unseen(artefact, split):
        return (
            f"it was fitted on rows of this test. Judge on newer rows ([split] test_from{_after(artefact)}) "
            "and train again, or promote with --force --reason"
        )
    if not _lots_stayed(artefact, history):
        return (
            "it may have been fitted on leads of this test: by lot, leads that come can move others into the "
            "test. Declare when leads came ([lead] created_at or order), or promote with --force --reason"
        )
    return ""


def _fetched(uri: str, run_id: str, path: str, work: Path) -> Artefact | None:
    """The served artefact (by `uri`), or the judged one of the run; None where it cannot be read."""
    from serving.registry import artefact_within, fetch

    try:
        if uri:
            return load_artefact(fetch(uri))
        folder = tracking.fetch_folder(run_id, path, work)
        return load_artefact(artefact_within(folder)) if folder else None
    except (LeadscoreError, OSError, ValueError):
        return None


def _same_question(theirs: Recipe, ours: Recipe) -> bool:
    """Whether both predict the same outcomes within the same time; a milestone asks of fewer leads."""
    beside = _BESIDE_THE_QUESTION | ({"after"} if theirs.name != ours.name else set())
    told, asked = (
        one.outcomes.model_dump(exclude=beside) | {"won": set(one.outcomes.won)} for one in (theirs, ours)
    )
    return theirs.recipe.horizon_days == ours.recipe.horizon_days and told == asked


_BESIDE_THE_QUESTION = {"amount", "currency", "stages"}
"""What `[outcomes]` says of a win's worth and of the funnel: neither decides which leads were won."""


def _unseen(artefact: Artefact, split: SplitRows) -> bool:
    """Whether every label that the artefact was fitted on was known before this test began."""
    return bool(known_before(np.array([_last_known_us(artefact)]), split.first_test_us)[0])


def _last_known_us(artefact: Artefact) -> int:
    """When the last label that the artefact was fitted on was known."""
    manifest = artefact.manifest
    return manifest.window_us[1] + label_wait_us(manifest.recipe)


def _after(artefact: Artefact) -> str:
    """From when on it has seen nothing, in words; '' without dates."""
    recipe = artefact.manifest.recipe
    if not recipe.dated:
        return ""
    return f" after {from_us(_last_known_us(artefact)).astimezone(ZoneInfo(recipe.recipe.zone)):%Y-%m-%d}"


def _lots_stayed(artefact: Artefact, history: History) -> bool:
    """Whether every lead that the artefact was fitted on has the place that it had then.

    Time stays. A lot is of the account, or of the fields alone, so that it stays when others come; unless
    groups are parted, then or now, when it stays with the very same tables only. Of an artefact that does not
    say whether they were parted then, nobody knows that they were not.
    """
    theirs, ours = artefact.manifest.recipe, history.recipe
    if ours.timed and theirs.timed:
        return True
    if theirs.timed != ours.timed or theirs.lead != ours.lead:
        return False
    if artefact.manifest.data_hash == history.data_hash:
        return True
    return artefact.manifest.parted is False and not history.parted


def _unread(artefact: Artefact, history: History) -> list[str]:
    """The features of the artefact's model that this history does not make, or makes with another meaning."""
    segments = history.recipe.segments
    routes = (route_of(segments),) if segments else ()
    made = {feature.name: feature for feature in (*history.features, *history.rival, *routes)}
    return sorted(feature.name for feature in artefact.model.features if made.get(feature.name) != feature)
