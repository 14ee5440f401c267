"""Which stages of which leads may go back to a platform, and why the others may not."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from features import LeadscoreError, Recipe, Tables
from features.cells import boolean
from features.clock import DAY_US
from features.tables import fetch_frame
from serving.conversions.people import hashed_email, hashed_phone
from serving.conversions.platforms import SPELLINGS, Platform
from serving.funnel import Journeys
from serving.funnel.journeys import STEPS

GRANTED = "granted"
_Known: TypeAlias = tuple[tuple[str, str] | None, str | None, str | None]


@dataclass(frozen=True)
class Conversion:
    """One stage that one lead reached. `order_id` names it without naming the lead; `value` may be NaN.

    Of `click_id` (kind, id) and `email`, `phone` (hashes) at least one is there.
    """

    order_id: str
    stage: str
    at_us: int
    value: float
    click_id: tuple[str, str] | None
    email: str | None
    phone: str | None


@dataclass(frozen=True)
class Candidates:
    """What may be sent, what must not be known there any more, and how many were left out by reason."""

    conversions: tuple[Conversion, ...]
    withdrawn: frozenset[str]
    """Order ids of leads who have opted out or withdrawn their consent."""
    reached: Mapping[str, float]
    """Order id → value now, of every stage that stands today, sendable or not."""
    clicks: Mapping[str, str]
    """Order id → the click id of its lead, where there is one."""
    left_out: tuple[tuple[str, int], ...]
    stages: frozenset[str] | None = None
    """The stages that are told now, changes too; None: all. What stands is said of every stage."""


def candidates_of(
    recipe: Recipe,
    tables: Tables,
    found: Journeys,
    platform: Platform,
    stages: Sequence[str],
    *,
    consent: str,
    now_us: int,
    values: Mapping[str, float],
    region: str | None = None,
) -> Candidates:
    """The conversions of `stages` that `platform` takes at `now_us`, by the journeys `found` of `tables`.

    Which stages stand, and which were withdrawn, is told of all of them: a stage that is not asked for now is
    not undone.

    `consent` is the column that says whether a lead consents to advertising, or 'granted' where the company
    vouches that all who did not opt out do. `values` is the expected amount by stage; a customer's own amount
    goes before it.

    Raises:
        LeadscoreError: no lead carries anything by which the platform could know it, or there is no column
            `consent`.
    """
    raw = fetch_frame(tables.con, "raw_leads").iloc[found.leads["row"]].reset_index(drop=True)
    names = _Names(recipe, raw, platform, region)
    allowed = _allowed(raw, found.leads, consent)
    left: Counter[str] = Counter()
    sendable, withdrawn, reached, clicks = [], set(), {}, {}
    created, amounts = found.leads["lead_us"].to_numpy(float), found.leads["amount"].to_numpy(float)
    for stage in STEPS[1:]:
        moments = found.leads[f"{stage}_us"].to_numpy(float)
        # A stage that was skipped has no moment of its own.
        dated = found.leads[f"{stage}_own"].to_numpy(bool)
        for row in np.flatnonzero(dated).tolist():
            order = order_id(platform.name, str(found.leads["lead_id"].iloc[row]), stage)
            value = _value(stage, float(amounts[row]), values)
            reached[order] = value
            if not allowed[row]:
                withdrawn.add(order)
            if stage not in stages:
                continue
            known = names.of(row)
            if known[0] is not None:
                clicks[order] = known[0][1]
            if not allowed[row]:
                left["without consent, or opted out"] += 1
                continue
            at = float(moments[row])
            if why := _why_not(known, at, float(created[row]), platform, now_us):
                left[why] += 1
                continue
            click, email, phone = known
            sendable.append(Conversion(order, stage, int(at), value, click, email, phone))
    return Candidates(
        tuple(sendable), frozenset(withdrawn), reached, clicks, tuple(left.most_common()), frozenset(stages)
    )


def order_id(platform: str, lead_id: str, stage: str) -> str:
    """A name for a lead's stage that does not show the lead's id; 24 hex digits."""
    return hashlib.sha256(f"{platform}\x1f{lead_id}\x1f{stage}".encode()).hexdigest()[:24]


class _Names:
    """By what a platform may know each lead: a click id, or the hashes of address and number."""

    def __init__(self, recipe: Recipe, raw: pd.DataFrame, platform: Platform, region: str | None) -> None:
        columns = {re.sub(r"[^a-z0-9]", "", str(name).lower()): str(name) for name in raw.columns}
        self.platform, self.region = platform, region
        self._known: dict[int, _Known] = {}
        self.clicks = [
            (kind, _cells(raw[columns[name]]))
            for kind in platform.click_ids
            for name in SPELLINGS[kind]
            if name in columns
        ]
        typed = {"email": "", "phone": ""}
        for name, field in recipe.lead.fields.items():
            if field.type in typed and not typed[field.type]:
                typed[field.type] = field.column or name
        self.emails = _cells(raw[typed["email"]]) if typed["email"] else None
        self.phones = _cells(raw[typed["phone"]]) if typed["phone"] else None
        if not self.clicks and self.emails is None and self.phones is None:
            wanted = ", ".join(platform.click_ids)
            raise LeadscoreError(
                f"the leads have no column by which {platform.name} knows them.",
                f"Export one of {wanted} with the leads, or declare a field of type email or phone.",
            )

    def of(self, row: int) -> _Known:
        """Click id, hash of the address, hash of the number; None where there is none."""
        if row not in self._known:
            self._known[row] = self._read(row)
        return self._known[row]

    def _read(self, row: int) -> _Known:
        read = ((kind, _click_id(kind, cells[row])) for kind, cells in self.clicks)
        click = next(((kind, name) for kind, name in read if name), None)
        email = hashed_email(self.emails[row], self.platform.name) if self.emails else None
        phone = hashed_phone(self.phones[row], self.region, self.platform.name) if self.phones else None
        return click, email, phone


def _click_id(kind: str, cell: str) -> str:
    """The id in a cell, '' where it is none: Meta refuses whole requests for a lead id of another shape."""
    if kind != "leadgen_id":
        return cell
    name = cell.removeprefix("l:")  # as its exports of leads write it
    return name if name.isdecimal() and 15 <= len(name) <= 17 else ""


def _cells(column: pd.Series[Any]) -> list[str]:
    return [("" if cell is None or cell != cell else str(cell).strip()) for cell in column]


def _allowed(raw: pd.DataFrame, leads: pd.DataFrame, consent: str) -> list[bool]:
    """Who may be named to a platform: not opted out, and consenting where a column tells."""
    opted_out = leads["opted_out"].to_numpy(dtype=bool)
    if consent == GRANTED:
        return [not out for out in opted_out]
    if consent not in raw.columns:
        raise LeadscoreError(
            f"the leads have no column '{consent}'.",
            "Name the column that says whether a lead consents to advertising, or say --consent granted "
            "where all who did not opt out have consented.",
        )
    # An empty or unreadable cell is no consent.
    said = [boolean(cell) is True for cell in _cells(raw[consent])]
    return [yes and not out for yes, out in zip(said, opted_out, strict=True)]


def _value(stage: str, amount: float, values: Mapping[str, float]) -> float:
    return amount if stage == "customer" and np.isfinite(amount) else values.get(stage, float("nan"))


def _why_not(
    known: _Known,
    at: float,
    created: float,
    platform: Platform,
    now_us: int,
) -> str | None:
    click, email, phone = known
    if click is None and not (platform.person and (email or phone)):
        return "without a click id, address or number that can be read"
    window = platform.window_days if click else platform.person_window_days
    if at - created > window * DAY_US:
        return f"reached later than {window:g} days after the lead came"
    if now_us - at > platform.age_days * DAY_US:
        return f"reached longer than {platform.age_days:g} days ago"
    return "dated before the lead came" if at < created else None
