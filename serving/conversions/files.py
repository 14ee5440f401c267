"""Conversions as each platform takes them: upload files of Google and Microsoft, bodies of the others."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import UTC

from features.clock import from_us
from serving.conversions.bodies import BODIES
from serving.conversions.candidates import Conversion
from serving.conversions.platforms import Platform
from serving.conversions.sent import Adjustment

_CLICK = {"google": "Google Click ID", "microsoft": "Microsoft Click ID"}
_COLUMNS = ("Conversion Name", "Conversion Time", "Conversion Value", "Conversion Currency")


def files_of(
    platform: Platform,
    conversions: Sequence[Conversion],
    adjustments: Sequence[Adjustment],
    *,
    now_us: int,
    currency: str,
    names: dict[str, str],
) -> dict[str, str]:
    """File name → content; empty where there is nothing to send.

    `names` is stage → the conversion's name there (for LinkedIn its number); `now_us`, the moment of the
    upload, dates changes and stands in the file names.
    """
    stamp = from_us(now_us).strftime("%Y%m%dT%H%M%S")
    if platform.name in _CLICK:
        found = _tables(platform, conversions, stamp, currency, names)
        if adjustments:
            changes = _changes(platform, adjustments, now_us, currency, names)
            found[f"{platform.name}-{stamp}-adjustments.csv"] = changes
        return found
    rows = [BODIES[platform.name](one, currency, names[one.stage]) for one in conversions]
    pages = [rows[start : start + platform.batch] for start in range(0, len(rows), platform.batch)]
    key = "data" if platform.name == "meta" else "elements"
    return {
        f"{platform.name}-{stamp}-{place}.json": json.dumps({key: page}, indent=1) + "\n"
        for place, page in enumerate(pages, start=1)
    }


def _tables(
    platform: Platform,
    conversions: Sequence[Conversion],
    stamp: str,
    currency: str,
    names: dict[str, str],
) -> dict[str, str]:
    """The files of Google and Microsoft: by click id and by hashed person."""
    found = {}
    google = platform.name == "google"
    by_click = [one for one in conversions if one.click_id is not None]
    by_person = [one for one in conversions if one.click_id is None]
    kinds = sorted({one.click_id[0] for one in by_click if one.click_id is not None})
    for kind in kinds:
        head = [_CLICK[platform.name] if kind in ("gclid", "msclkid") else kind.upper(), *_COLUMNS]
        rows = [
            [one.click_id[1], *_cells(one, currency, names)]
            for one in by_click
            if one.click_id is not None and one.click_id[0] == kind
        ]
        orders = [one.order_id for one in by_click if one.click_id is not None and one.click_id[0] == kind]
        found[f"{platform.name}-{stamp}-{kind}.csv"] = _csv(*_consenting(head, rows, orders, google))
    if by_person:
        head = ["Email", "Phone Number", *_COLUMNS]
        rows = [[one.email or "", one.phone or "", *_cells(one, currency, names)] for one in by_person]
        table = _consenting(head, rows, [one.order_id for one in by_person], google)
        found[f"{platform.name}-{stamp}-hashed.csv"] = _csv(*table)
    return found


def _changes(
    platform: Platform, adjustments: Sequence[Adjustment], now_us: int, currency: str, names: dict[str, str]
) -> str:
    """Changed and withdrawn conversions: Google knows them by order id, Microsoft by click id and time."""
    google = platform.name == "google"
    head = ["Order ID"] if google else ["Microsoft Click ID", "Conversion Time"]
    head += ["Conversion Name", "Adjustment Time", "Adjustment Type", "Adjusted Value"]
    rows = []
    for change in adjustments:
        about = [change.order_id] if google else [change.click_id or "", _time(change.at_us)]
        kind = change.kind if google else change.kind.capitalize()
        told = [names[change.stage], _time(now_us), kind, _money(change.value)]
        rows.append([*about, *told, currency if change.value is not None else ""])
    return _csv([*head, "Adjusted Value Currency"], rows)


def _consenting(
    head: list[str], rows: list[list[str]], orders: list[str], google: bool
) -> tuple[list[str], list[list[str]]]:
    """Google also takes an order id, by which a change is sent, and the consents that the leads gave."""
    if not google:
        return head, rows
    added = ["Order ID", "Ad User Data", "Ad Personalization"]
    return [*head, *added], [
        [*row, order, "Granted", "Granted"] for row, order in zip(rows, orders, strict=True)
    ]


def _cells(one: Conversion, currency: str, names: dict[str, str]) -> list[str]:
    value = _money(one.value)
    return [names[one.stage], _time(one.at_us), value, currency if value else ""]


def _csv(head: list[str], rows: list[list[str]]) -> str:
    text = io.StringIO()
    text.write("Parameters:TimeZone=+0000\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([head, *rows])
    return text.getvalue()


def _time(at_us: int) -> str:
    return from_us(at_us).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def _money(value: float | None) -> str:
    return "" if value is None or value != value else f"{value:.2f}"
