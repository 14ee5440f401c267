"""What became of each lead: when it reached which stage, who contacted it, what it cost and brought."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features import Recipe, Tables
from features.cells import number
from features.sql import named, quoted
from features.tables import fetch_frame
from serving.funnel.channels import channels_of

STEPS = ("lead", "mql", "sal", "sql", "opportunity", "customer")
"""The stages of a funnel in their order; every lead is the first."""

_NO_SHOW = re.compile(r"no[\s_-]?show|absent|missed|manqu|lapin", re.IGNORECASE)
_HELD = re.compile(r"(meeting|demo|rdv|rendez|call|appel).*(held|done|completed|effectu|tenu|answered)", re.I)


@dataclass(frozen=True)
class Journeys:
    """One row a lead in `leads`, and what the counting of it brought to light.

    Columns: row (in the raw table), lead_id, origin, campaign, channel, market, month, cost, amount,
    `<step>_us` for each of STEPS and whether it is dated itself (`<step>_own`), `disqualified_us`,
    `contact_us` (the first), `contacts`, `held`, `no_shows`, `touched` (by any of these), `unordered` (a
    stage is dated before an earlier one). Moments are float µs, NaN where there is none; a lead that reached
    a stage has reached the earlier ones, at the same moment where they have no date of their own.
    `end_us` is the end of the history; `steps` are those that some lead is told to have reached.
    """

    leads: pd.DataFrame
    end_us: int
    horizon_us: int
    steps: tuple[str, ...]
    categories: pd.DataFrame
    """The category fields of the recipe, by their names, row by row as `leads`."""
    dated: bool
    """Whether leads carry a date of creation; without one nothing matures."""


def journeys_of(recipe: Recipe, tables: Tables) -> Journeys:
    """The journeys of all leads of a company until the end of its history."""
    leads = fetch_frame(tables.con, "leads")
    rows = leads["row"].to_numpy(dtype=np.int64)
    created = leads["created_us"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
    found = pd.DataFrame({"row": rows, "lead_id": leads["lead_id"].astype(str), "lead_us": created})
    found["lead_own"] = True
    found["origin"] = _texts(leads["origin"]) if "origin" in leads else "unknown"
    found["campaign"] = _texts(leads[f"f_{campaign}"]) if (campaign := _field(recipe, "campaign")) else None
    found["market"] = _texts(leads[f"f_{market}"]) if (market := _field(recipe, "market")) else None
    raw = fetch_frame(tables.con, "raw_leads").iloc[rows].reset_index(drop=True)
    found["channel"] = channels_of(raw)
    found["cost"] = _costs(raw[recipe.lead.cost]) if recipe.lead.cost else np.nan
    zone = recipe.recipe.zone
    moments = pd.to_datetime(pd.Series(created), unit="us", utc=True).dt.tz_convert(zone)
    found["month"] = moments.dt.strftime("%Y-%m").where(moments.notna(), "undated")
    found["opted_out"] = leads["opted_out"].to_numpy(dtype=bool)
    position = pd.Series(np.arange(len(rows)), index=rows)
    stages = _stages(recipe, tables, position, len(found))
    found = found.join(stages).join(_contacts(recipe, tables, position, len(found)))
    here = ~(found["lead_us"] > tables.end_us)
    fields = [name for name, field in recipe.lead.fields.items() if field.type == "category"]
    categories = leads[[f"f_{name}" for name in fields]].set_axis(fields, axis=1)[here].reset_index(drop=True)
    found = found[here].reset_index(drop=True)
    known = tuple(step for step in STEPS if found[f"{step}_own"].any())
    horizon = int(recipe.recipe.horizon_days * 86_400_000_000)
    return Journeys(found, tables.end_us, horizon, known, categories, bool(found["lead_us"].notna().any()))


def _field(recipe: Recipe, meaning: str) -> str | None:
    names = [name for name, field in recipe.lead.fields.items() if field.means == meaning]
    return names[0] if names else None


def _texts(cells: Any) -> pd.Series[Any]:
    texts = pd.Series(cells).astype("string").str.strip()
    return texts.mask(texts == "", pd.NA).fillna("unknown").astype(object)


def _costs(cells: pd.Series[Any]) -> pd.Series[float]:
    """Cost per lead; what is no number is unknown."""
    read = {cell: _amount(cell) for cell in cells.dropna().unique()}
    return cells.map(read).astype(float)


def _amount(cell: object) -> float:
    value = float(cell) if isinstance(cell, int | float) else number(str(cell)) or number(str(cell), ",")
    return np.nan if value is None else float(value)


def _stages(recipe: Recipe, tables: Tables, position: pd.Series[Any], n_leads: int) -> pd.DataFrame:
    """First moments of each stage by lead, and the amount of the customers."""
    names = [*STEPS[1:], "disqualified"]
    first = {name: np.full(n_leads, np.inf) for name in names}
    amount = np.full(n_leads, np.nan)
    if tables.outcomes is not None:
        mapped = {stage.strip().casefold(): name for stage, name in recipe.outcomes.stages.items()}
        rows = fetch_frame(tables.con, "outcomes")
        rows = rows[~(rows["occurred_us"] > tables.end_us).fillna(False)]
        closing = rows["closing"].map({"won": "customer", "lost": "disqualified"})
        meant = closing.fillna(rows["stage"].astype(str).str.strip().str.casefold().map(mapped))
        place = position.reindex(rows["row"]).to_numpy(dtype=np.int64)
        at = rows["occurred_us"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        for name in names:
            chosen = (meant == name).to_numpy(dtype=bool)
            # An undated ending has happened: it stands at the end, not at infinity.
            np.minimum.at(first[name], place[chosen], np.nan_to_num(at[chosen], nan=float(tables.end_us)))
        won = (meant == "customer").to_numpy(dtype=bool) & rows["amount"].notna().to_numpy(dtype=bool)
        sums = pd.Series(rows["amount"].to_numpy(dtype=float)[won]).groupby(place[won]).sum()
        amount[sums.index.to_numpy(dtype=np.int64)] = sums.to_numpy()
    steps = np.stack([first[name] for name in STEPS[1:]], axis=1)
    told = np.where(np.isfinite(steps), steps, -np.inf)
    before = np.maximum.accumulate(told, axis=1)
    unordered = (np.isfinite(steps) & (steps < before)).any(axis=1)
    reached = np.minimum.accumulate(steps[:, ::-1], axis=1)[:, ::-1]
    frame = pd.DataFrame(reached, columns=[f"{name}_us" for name in STEPS[1:]])
    for step, name in enumerate(STEPS[1:]):
        frame[f"{name}_own"] = np.isfinite(steps[:, step]) & (steps[:, step] == reached[:, step])
    frame["disqualified_us"] = first["disqualified"]
    moments = [f"{name}_us" for name in names]
    frame[moments] = frame[moments].where(np.isfinite(frame[moments]), np.nan)
    return frame.assign(amount=amount, unordered=unordered)


def _contacts(recipe: Recipe, tables: Tables, position: pd.Series[Any], n_leads: int) -> pd.DataFrame:
    """The first attempt to reach each lead, their number, meetings held and missed."""
    found = pd.DataFrame(
        {"contact_us": np.full(n_leads, np.nan), "contacts": 0, "held": 0, "no_shows": 0, "touched": False}
    )
    if tables.events is None or recipe.events is None:
        return found.assign(contacts=np.nan)
    kinds = recipe.events.kinds
    contact = [kind for kind, meaning in kinds.items() if meaning == "contact"]
    no_show = [kind for kind in kinds if _NO_SHOW.search(kind)]
    held = [kind for kind in kinds if _HELD.search(kind) and kind not in no_show]
    query = f"""
        SELECT row, min(occurred_us) FILTER (WHERE {_among(contact)}) AS contact_us,
               count(*) FILTER (WHERE {_among(contact)}) AS contacts,
               count(*) FILTER (WHERE {_among(held)}) AS held,
               count(*) FILTER (WHERE {_among(no_show)}) AS no_shows
        FROM {named("events")} WHERE occurred_us <= {tables.end_us} GROUP BY row"""
    counts = tables.con.raw_sql(query).fetchdf()
    place = position.reindex(counts["row"]).to_numpy(dtype=np.int64)
    for column in ("contact_us", "contacts", "held", "no_shows"):
        found.loc[place, column] = counts[column].to_numpy(dtype=float)
    touched = found["contacts"] + found["held"] + found["no_shows"] > 0
    return found.assign(touched=touched) if contact else found.assign(contacts=np.nan, touched=touched)


def _among(kinds: list[str]) -> str:
    texts = ", ".join(quoted(kind.strip()) for kind in kinds)
    return f"kind IN ({texts})" if kinds else "false"
