"""Further kinds of made folders: dumps of CRMs, logs, no header, lists exported twice, two currencies."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tests.made.folder_vendors import VENDORS

if TYPE_CHECKING:
    from tests.made.folders import Company

Made = tuple[dict[str, pd.DataFrame], dict[str, Any]]


def _vendor(vendor: str, made: Company) -> Made:
    """Deals that name accounts, products and owners, and activities that name deals."""
    w, rng, rows = VENDORS[vendor][made.dialect], made.rng, len(made.keys)
    firms, goods, people = ([f"{k}{n:04d}" for n in range(m)] for k, m in (("F", 150), ("P", 9), ("U", 40)))
    lived = rng.random(rows)
    over = made.won | (lived < 0.8)
    days = rng.exponential(25, rows) + 1
    deals = pd.DataFrame(
        {
            w["id"]: made.keys,
            w["created"]: [f"{moment:%Y-%m-%d %H:%M}" for moment in made.created],
            w["account"]: rng.choice(firms, rows),
            w["product"]: rng.choice(goods, rows),
            w["seller"]: rng.choice(people, rows),
            w["amount"]: np.round(rng.lognormal(8, 1, rows), 2),
            w["stage"]: np.select([made.won, over], [w["won"], w["lost"]], w["open"]),
            w["closed"]: [
                f"{moment + timedelta(days=float(day)):%Y-%m-%d}" if ended else ""
                for moment, day, ended in zip(made.created, days, over, strict=True)
            ],
        }
    )
    words = made.words
    accounts = pd.DataFrame(
        {w["account"]: firms, words["industry"]: rng.choice(["Steel", "Food", "IT"], 150)}
    )
    products = pd.DataFrame({w["product"]: goods, words["price"]: rng.integers(50, 9000, 9)})
    owners = pd.DataFrame({w["seller"]: people, words["team"]: rng.choice(["N", "S"], 40)})
    activities = made.events(made.keys).rename(columns={words["id"]: w["id"]})
    files = w["files"].split(",")
    tables = dict(zip(files, (deals, accounts, products, owners, activities), strict=True))
    columns = (w["account"], w["product"], w["seller"], w["id"])
    return tables, {
        "leads": files[0], "outcome": w["stage"], "won": w["won"], "id": w["id"], "created": w["created"],
        "joins": dict(zip(files[1:], columns, strict=True)),
    }  # fmt: skip


def _telesales(made: Company) -> Made:
    """A list of calls: how often and how long, an earlier result, and what this call brought."""
    w, frame = made.words, made.frame()
    frame[w["quantity"]] = made.rng.integers(1, 9, len(frame))
    frame[w["previous"]] = made.ends(made.rng.random(len(frame)) < 0.1)
    frame[w["newsletter"]] = made.answers(made.rng.random(len(frame)) < 0.4)
    frame[w["result"]] = made.ends(made.won)
    return {"leads": frame}, {}


def _event_log(made: Company) -> Made:
    """Events alone, whose case has a name that says nothing; one kind of event is the win."""
    w, log = made.words, made.events(made.keys)
    ends = [
        (key, w["won" if won else "lost"], f"{moment + timedelta(days=40):%Y-%m-%d %H:%M}")
        for key, moment, won in zip(made.keys, made.created, made.won, strict=True)
    ]
    log = pd.concat([log, pd.DataFrame(ends, columns=list(log.columns))]).rename(columns={w["id"]: w["odd"]})
    return {"events": log}, {
        "leads": "events", "outcome": w["kind"], "id": w["odd"], "created": "log_created_at",
        "options": {"outcome": f"{w['kind']}={w['won']}"},
    }  # fmt: skip


def _no_header(made: Company) -> Made:
    """The first lead stands where the names should be."""
    frame = made.with_result().astype(str)
    first = list(frame.iloc[0])
    return {"leads": frame.iloc[1:].set_axis(first, axis=1)}, {"refused": "has no header"}


def _two_days(made: Company) -> Made:
    """The same list, exported in spring and in autumn."""
    newer = made.with_result()
    older = newer.head(600).assign(
        **{made.words["result"]: made.ends(made.won[:600] & (made.rng.random(600) < 0.5))}
    )
    return {"list_b": newer, "list_a": older}, {"leads": "list_b", "says": "of the leads of"}


def _two_files(made: Company) -> Made:
    """Half of the leads in one file, half in another."""
    frame = made.with_result()
    return {"leads": frame.tail(500), "list_a": frame.head(400)}, {"says": "put the rows into one file"}


def _two_currencies(made: Company) -> Made:
    """Prices in euros and in dollars in one column."""
    frame = made.with_result()
    sign = made.rng.choice(["€", "$"], len(frame), p=[0.7, 0.3])
    prices = made.rng.integers(50, 900, len(frame))
    frame.insert(2, made.words["price"], [f"{price} {one}" for price, one in zip(prices, sign, strict=True)])
    return {"leads": frame}, {"says": "several currencies"}


def _two_columns(made: Company) -> Made:
    """Won or not, and closed or not: what is not won and not closed is open."""
    w, frame = made.words, made.frame()
    closed = made.won | (made.rng.random(len(frame)) < 0.5)
    frame[w["customer"]] = made.answers(made.won)
    frame[w["is closed"]] = made.answers(closed)
    return {"leads": frame}, {
        "outcome": "outcome_of_two", "won": "Won", "says": "say the outcome together",
    }  # fmt: skip


def _dated_accounts(made: Company) -> Made:
    """Accounts whose rows were written after most of their leads came."""
    w, frame = made.words, made.frame()
    firms = [f"F-{n}" for n in range(90)]
    frame.insert(1, w["account"], made.rng.choice(firms, len(frame)))
    frame[w["result"]] = made.ends(made.won)
    late = [
        f"{max(made.created) - timedelta(days=int(day)):%Y-%m-%d}" for day in made.rng.integers(0, 60, 90)
    ]
    trades = made.rng.choice(["Steel", "Food", "Retail"], 90)
    accounts = pd.DataFrame({w["account"]: firms, w["industry"]: trades, w["at"]: late})
    return {"leads": frame, "accounts": accounts}, {
        "joins": {"accounts": w["account"]}, "says": "its rows were written after",
    }  # fmt: skip


MORE = {vendor: partial(_vendor, vendor) for vendor in VENDORS} | {
    "telesales": _telesales,
    "event log": _event_log,
    "no header": _no_header,
    "two days": _two_days,
    "two files": _two_files,
    "two currencies": _two_currencies,
    "two columns": _two_columns,
    "dated accounts": _dated_accounts,
}
