"""From a company's tables to labelled rows: snapshots, their features, and the leads open at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import Activity, Feature, default_features
from features.clock import days_us
from features.columns import Columns
from features.errors import LeadscoreError
from features.progress import Step, tell
from features.readings import offline_on
from features.recipe import Recipe
from features.snapshots import open_leads, snapshots
from features.tables import HistoryEnd, Place, Tables, read_tables
from serving.rules import Rules, parse_rules, rules_text
from serving.scorers import route_of
from training.history.activity import fit_activity
from training.history.called import called_words
from training.history.excerpt import Excerpt
from training.history.labelled import Labelled
from training.history.protected import protected_absent, protected_at
from training.history.sample import draw_leads
from training.history.split import Rows

_MOST_OPEN = 10_000
"""Open leads that fix the bands and scores; more of them would not move a percentile."""


@dataclass(frozen=True)
class History:
    """What a run knows before anything is fitted.

    `labelled` holds the matured snapshots (of a sample of leads beyond `[train] max_rows`), `open_columns`
    the features of the leads open at `end_us`; `features` are the model's, `features_without_events` those of
    its variant (None where the recipe has no events). `activity` is what the model may read beside, where the
    folds say that it gains; `rival` what the champion reads of its own chain. `younger` are
    snapshots that have not matured and have converted within a shorter horizon of the recipe that has (None
    where it has no shorter one): what they tell of when leads convert. `account` counts rows from the tables
    to the matured snapshots. `parted`: a lot parted equal leads or those of an account. `protected`:
    attributes by which the model is judged and which it does not read, at the rows of `labelled`, None where
    not known.
    """

    recipe: Recipe
    rules: Rules
    rules_text: str
    features: tuple[Feature, ...]
    features_without_events: tuple[Feature, ...] | None
    labelled: Labelled
    open_columns: Columns
    n_open: int
    account: list[tuple[str, int]]
    quality: list[tuple[Any, ...]]
    warnings: list[str]
    data_hash: str
    end: HistoryEnd
    younger: Labelled | None = None
    parted: bool = False
    protected: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    activity: tuple[Activity, ...] = ()
    rival: tuple[Activity, ...] = ()

    @property
    def end_us(self) -> int:
        """The end of the history."""
        return self.end.us

    def excerpt(self, rows: Rows) -> Excerpt:
        """These rows, as the model reads them."""
        return Excerpt.of(self.recipe, self.labelled, self.features, rows)


def read_history(
    recipe: Recipe,
    folder: Place,
    progress: Step | None = None,
    engine: str = "duckdb",
    rival: Sequence[Activity] = (),
) -> History:
    """Read the tables in `folder`, take snapshots, and compute by `engine` every feature that a scorer reads,
    `rival` too.

    Raises:
        LeadscoreError: a table cannot be read (see `features.read_tables`), no lead has a known outcome, or
            several horizons are asked for and no win has a date.
    """
    tables = read_tables(recipe, folder, progress=progress)
    beside = Path(folder) if isinstance(folder, Path | str) else folder.folder
    return history_of(recipe, tables, rules_text(recipe, beside), progress, engine, rival)


def history_of(
    recipe: Recipe,
    tables: Tables,
    card: str,
    progress: Step | None = None,
    engine: str = "duckdb",
    rival: Sequence[Activity] = (),
) -> History:
    """As `read_history`, from tables that were already read and the text of the scorecard."""
    rules = parse_rules(card, recipe)
    features = default_features(recipe, events=tables.events is not None)
    plain = default_features(recipe, events=False) if tables.events is not None else None
    tell(progress, "taking snapshots")
    shot = snapshots(recipe, tables)
    matured = shot.frame[shot.frame["matured"]].reset_index(drop=True)
    _wins_are_dated(recipe, matured)
    frame = draw_leads(matured, recipe.train.max_rows, recipe.train.seed)
    opened = _some(open_leads(recipe, tables, tables.end_us))
    routes = (route_of(recipe.segments),) if recipe.segments else ()
    tell(progress, "fitting the chain of the leads' activity")
    activity = fit_activity(recipe, tables, frame)
    groups = (features, plain or (), rules.features, routes, activity, rival)
    union = {f.name: f for group in groups for f in group}
    tell(progress, f"computing {len(union)} features of {len(frame):,} snapshots")
    younger = _younger(recipe, shot.frame, tables.end_us)
    columns = _columns(recipe, tables, tuple(union.values()), [frame, younger, opened], engine)
    ends = np.cumsum([len(frame), len(younger)]).tolist()
    return History(
        recipe=recipe,
        rules=rules,
        rules_text=card,
        features=features,
        features_without_events=plain,
        labelled=Labelled(frame, columns.take(slice(len(frame))), recipe.dated, recipe.timed),
        open_columns=columns.take(slice(ends[1], None)),
        n_open=len(opened),
        account=[*shot.account.rows(), *_drawn(matured, frame)],
        quality=list(tables.quality.rows()),
        warnings=[
            *shot.account.warnings,
            *([] if recipe.timed else [_by_lot(tables)]),
            *called_words(recipe, tables, frame),
            *protected_absent(recipe, tables),
        ],
        data_hash=tables.hash,
        end=tables.end,
        younger=Labelled(younger, columns.take(slice(*ends))) if len(recipe.recipe.horizons) > 1 else None,
        parted=any(done == tables.quality.APART for *_, done in tables.quality.rows()),
        protected=protected_at(recipe, tables, frame["lead_id"]),
        activity=activity,
        rival=tuple(rival),
    )


def _wins_are_dated(recipe: Recipe, matured: pd.DataFrame) -> None:
    """Refuse several horizons where no win says when it was.

    Raises:
        LeadscoreError: so it is.
    """
    won = matured["won_us"][matured["label"] == 1]
    if len(recipe.recipe.horizons) > 1 and len(won) and won.isna().all():
        raise LeadscoreError(
            "recipe: [recipe] horizons ask when leads convert, and no win has a date.",
            "Name the column of their dates ([outcomes] occurred_at), or give one horizon as horizon_days.",
        )


def _by_lot(tables: Tables) -> str:
    """What a test by lot shows, and which leads that belong together it parts."""
    quality = tables.quality
    parted = [(what, count) for _, what, count, done in quality.rows() if done == quality.APART]
    whole = "accounts, and equal leads without one, as a whole"
    if parted:
        told = ", ".join(f"{count:,} {what}" for what, count in parted)
        whole = f"{whole} but {told}, so that the test may hold leads equal to those fitted on"
    return (
        f"no date and no order of rows says when leads came: the test was drawn by lot, {whole}. "
        "Nothing forward in time is shown; leads of tomorrow may fare otherwise"
    )


def _columns(
    recipe: Recipe,
    tables: Tables,
    features: tuple[Feature, ...],
    parts: Sequence[pd.DataFrame],
    engine: str,
) -> Columns:
    """The features of the moments of all parts, one after the other: one pass over the events for all."""
    filled = [part for part in parts if len(part)] or parts
    moments = [part[["lead_id", "as_of_us"]] for part in filled]
    return offline_on(engine, features, recipe, tables, pd.concat(moments, ignore_index=True))


def _younger(recipe: Recipe, frame: pd.DataFrame, end_us: int) -> pd.DataFrame:
    """The snapshots that are too young for the question, and have converted within a shorter horizon that is
    over: by the age of the snapshot alone it is decided which horizons are."""
    over = (end_us - frame["as_of_us"]).to_numpy(np.int64)
    longest = np.zeros(len(frame))
    for days in recipe.recipe.horizons[:-1]:
        longest = np.where(over >= days_us(days), days_us(days), longest)
    won = (frame["won_us"] - frame["as_of_us"]).to_numpy(np.float64)
    found = frame[~frame["matured"].to_numpy(bool) & (won <= longest)]
    return draw_leads(found.reset_index(drop=True), recipe.train.max_rows, recipe.train.seed)


def _some(opened: pd.DataFrame) -> pd.DataFrame:
    """At most `_MOST_OPEN` of the open leads, evenly over their order."""
    if len(opened) <= _MOST_OPEN:
        return opened.reset_index(drop=True)
    kept = np.linspace(0, len(opened) - 1, _MOST_OPEN).astype(np.intp)
    return opened.iloc[kept].reset_index(drop=True)


def _drawn(matured: pd.DataFrame, frame: pd.DataFrame) -> list[tuple[str, int]]:
    """The account of the leads that were not drawn; empty where every lead was."""
    left_out = len(matured) - len(frame)
    if not left_out:
        return []
    return [
        ("left out beyond [train] max_rows, whole leads by lot", left_out),
        ("matured snapshots drawn", len(frame)),
        ("matured snapshots drawn, converted", int(frame["label"].sum())),
    ]
