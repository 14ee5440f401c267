"""Looks at every field and feature before anything is trained: what is filled, what knows too much."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.catalogue import Feature, FieldValue, default_features
from features.columns import Column
from features.leaks import Suspect, WhenKnown, find_leaks
from features.progress import Step, tell
from features.readings import offline
from features.recipe import Recipe
from features.snapshots import snapshots
from features.tables import Place, Tables, bound, read_tables
from training.history import Rows, forward_split
from training.inspection.columns import LeadColumn, lead_columns, presence, roles
from training.inspection.found import Inspected, Inspection
from training.inspection.looks import MOST_LEADS, Looks, cluster_of, looks_of, one_age, some_leads
from training.inspection.measure import Calendar, Mask, bands, drift, fill_by, importance
from training.inspection.proxies import proxy_notes
from training.inspection.suspects import judge_fields
from training.inspection.timing import timings
from training.inspection.unknowns import unknown_values
from training.inspection.without import FieldRuns, field_runs


def inspect(recipe: Recipe, folder: Place, *, progress: Step | None = None) -> Inspection:
    """Inspect the tables in `folder`: fields and undeclared columns of the leads, and every feature.

    Outcomes are looked at only on the training side: rows whose label was known when the test begins. Fill
    and stability, which need no outcome, are over all leads.

    Raises:
        LeadscoreError: a table cannot be read (see `features.read_tables`), or the split names no date.
    """
    return inspect_tables(recipe, read_tables(recipe, folder, progress=progress), progress)


def inspect_tables(recipe: Recipe, tables: Tables, progress: Step | None = None) -> Inspection:
    """As `inspect`, of tables that were already read."""
    tell(progress, "taking snapshots")
    shot = snapshots(recipe, tables)
    matured = shot.frame[shot.frame["matured"]].reset_index(drop=True)
    split = forward_split(recipe, matured)
    fit = matured.iloc[split.fit].reset_index(drop=True)
    leads = _leads(tables)
    side = _training_side(leads, split.first_test_us if len(split.test) else None)
    tell(progress, "measuring fields")
    fields, runs = _fields(recipe, tables, leads, fit, side)
    made = default_features(recipe, events=tables.events is not None)
    tell(progress, f"computing {len(made)} features")
    measured = _features(recipe, tables, made, fit, shot.frame)
    timed = timings(tables, leads["row"].to_numpy(np.int64)[side]) if recipe.dated else []
    late = [Suspect(t.name, "written at the outcome", t.reason) for t in timed if t.suspicious]
    return Inspection(
        name=recipe.name,
        horizon_days=0.0 if recipe.outcomes.at_once else recipe.recipe.horizon_days,
        dated=recipe.dated,
        leads=len(leads),
        training_leads=int(fit["lead_id"].nunique()),
        training_rows=len(fit),
        base_rate=float(fit["label"].mean()) if len(fit) else float("nan"),
        columns=(*fields, *measured),
        roles=roles(recipe, list(bound(tables.con, "raw_leads").columns)),
        timings=tuple(timed),
        account=(*shot.account.rows(), *split.account),
        quality=tuple(tables.quality.rows()),
        notes=(
            *shot.account.warnings,
            *_notes(recipe, fit, made, tables),
            *unknown_values(recipe, tables),
            *proxy_notes(recipe, tables, made, fit),
        ),
        late=tuple(late),
        runs=runs,
    )


def _leads(tables: Tables) -> pd.DataFrame:
    """row, lead_id, cluster (account or lead) and at_us (creation, or the place in time) of all leads.

    `at_us` is −1 where no creation time is known.
    """
    columns = ("row", "lead_id", "account_id", "created_us", "position")
    arrow = tables.leads.order_by("row").select(*columns).to_pyarrow()
    frame = pd.DataFrame({"row": arrow.column("row").to_numpy()})
    for name in ("lead_id", "account_id"):
        frame[name] = pd.Series(arrow.column(name).to_pylist(), dtype=object)
    created = pd.Series(pd.array(arrow.column("created_us").to_pylist(), dtype="Int64"))
    undated = pd.Series(arrow.column("position").to_numpy()) if created.isna().all() else -1
    frame["at_us"] = created.fillna(undated).astype("int64")
    return frame.assign(cluster=cluster_of(frame))


def _training_side(leads: pd.DataFrame, first_test_us: int | None) -> Mask:
    """Leads that are no test leads: created before the test begins."""
    at = leads["at_us"].to_numpy(np.int64)
    known = at >= 0
    return np.asarray(known if first_test_us is None else known & (at < first_test_us), dtype=bool)


def _fields(
    recipe: Recipe, tables: Tables, leads: pd.DataFrame, fit: pd.DataFrame, side: Mask
) -> tuple[list[Inspected], FieldRuns]:
    """Every declared and undeclared column, measured at each lead's first look; and what each adds last."""
    columns = lead_columns(recipe, tables)
    first = fit.drop_duplicates("lead_id").reset_index(drop=True)
    looks = looks_of(first)
    places = pd.Series(np.arange(len(leads)), index=leads["lead_id"])
    at = places.loc[first["lead_id"].tolist()].to_numpy(np.intp)
    judged = judge_fields(recipe, tables, columns, leads, at, side)
    clusters = leads["cluster"].to_numpy(object)
    calendar = Calendar.of(leads["at_us"].to_numpy(np.int64), clusters, recipe.dated)
    found = [_field(column, looks, at, calendar, judged[column.name]) for column in columns]
    found = [replace(one, place=list(judged).index(one.name)) for one in found]
    read = {
        column.name: column.values[at] for column in columns if column.what == "field" and not column.note
    }
    alone = {one.name: one.importance.auc if one.importance.known else 0.0 for one in found}
    best = sorted(read, key=lambda name: -alone[name])
    marked = [name for name, one in judged.items() if name in read and one.treatment != "used"]
    runs = field_runs(read, looks, best, marked)
    return [replace(one, adds_last=runs.adds_last(one.name)) for one in found], runs


def _field(column: LeadColumn, looks: Looks, at: Rows, calendar: Calendar, judged: WhenKnown) -> Inspected:
    values, known = column.values, column.values[at]
    shown = presence(known) if column.private else known
    filled = pd.notna(values)
    won, other = fill_by(known, looks.y)
    return Inspected(
        name=column.name,
        label=column.name,
        what=column.what,
        kind=column.kind,
        definition="",
        rows=len(values),
        fill=float(filled.mean()),
        fill_won=won,
        fill_other=other,
        importance=importance(known, looks.y, looks.order, looks.older, looks.newer, looks.leads_won),
        bands=bands(shown, column.kind, looks.y, looks.clusters),
        drift=drift(values, calendar),
        suspicion=judged.suspect,
        note=column.note,
        when=judged.when,
    )


def _features(
    recipe: Recipe, tables: Tables, made: tuple[Feature, ...], fit: pd.DataFrame, frame: pd.DataFrame
) -> list[Inspected]:
    """Every feature: what it says on the training rows, how it moves on leads of one age."""
    known, steady = some_leads(fit), one_age(frame)
    moments = pd.concat([part[["lead_id", "as_of_us"]] for part in (known, steady)], ignore_index=True)
    if not len(moments):
        return []
    columns = offline(made, recipe, tables, moments)
    looks = looks_of(known)
    here = columns.take(slice(len(known)))
    suspects = (
        find_leaks(here, looks.y, looks.order, dated=recipe.dated, training_share=1.0) if len(known) else ()
    )
    named = {suspect.column: suspect for suspect in suspects}
    calendar = Calendar.of(steady["as_of_us"].to_numpy(np.int64), cluster_of(steady), recipe.dated)
    return [
        _feature(feature, here[feature.name], columns[feature.name][len(known) :], looks, calendar, named)
        for feature in made
    ]


def _feature(
    feature: Feature,
    column: Column,
    later: Column,
    looks: Looks,
    calendar: Calendar,
    suspects: dict[str, Suspect],
) -> Inspected:
    won, other = fill_by(column, looks.y)
    return Inspected(
        name=feature.name,
        label=feature.label,
        what="feature",
        own_label=isinstance(feature, FieldValue),
        kind=feature.dtype,
        definition=feature.describe(),
        rows=len(column),
        fill=float(pd.notna(column).mean()) if len(column) else float("nan"),
        fill_won=won,
        fill_other=other,
        importance=importance(column, looks.y, looks.order, looks.older, looks.newer, looks.leads_won),
        bands=bands(column, feature.dtype, looks.y, looks.clusters),
        drift=drift(later, calendar),
        suspicion=suspects.get(feature.name),
    )


def _notes(recipe: Recipe, fit: pd.DataFrame, made: tuple[Feature, ...], tables: Tables) -> list[str]:
    """What limits what can be said here."""
    notes = []
    if not len(fit):
        notes.append(
            "No outcome was known before the test: rates, importance and leaks could not be measured."
        )
    elif fit["label"].sum() < 100:
        notes.append(
            f"Only {int(fit['label'].sum())} converted rows on the training side: intervals are wide."
        )
    if recipe.events is not None and tables.events is None:
        notes.append("The recipe names events, but none were given: features of events are not inspected.")
    if not recipe.timed:
        notes.append("Nothing orders the leads in time: what was known when cannot be checked.")
    elif not recipe.dated:
        notes.append("The order of rows stands for time: what was known when cannot be checked.")
    if fit["lead_id"].nunique() > MOST_LEADS:
        notes.append(f"Features were computed for {MOST_LEADS:,} of the leads, evenly chosen.")
    return notes
