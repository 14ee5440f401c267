"""Counts over the other leads of an account, as one pass over time instead of a join of all with all.

Everything that happens in an account and every moment that asks about it stand in one stream, in the order of
time. A running sum over the account minus the one over the lead itself is what the others had done by then;
a window is the difference between two such moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from features.catalogue.accounts import AccountCount, Counted
from features.clock import days_us
from features.tables import Tables

_KNOWN = "known_us"


def with_accounts(features: Sequence[object], rows: Any, tables: Tables) -> tuple[Any, dict[str, str]]:
    """`rows` [moment, row, as_of_us …] with a column for each `AccountCount`, and its name by feature.

    NULL where the lead has no account, or where the table that is counted was not given.
    """
    asked = [feature for feature in features if isinstance(feature, AccountCount)]
    if not asked:
        return rows, {}
    names = {feature.name: f"account_{place}" for place, feature in enumerate(asked)}
    others = _others(asked, rows, tables)
    counted = others.group_by("moment").aggregate(
        **{names[feature.name]: _count(feature, others) for feature in asked}
    )
    return rows.left_join(counted, "moment").drop("moment_right"), names


def _count(feature: AccountCount, others: Any) -> Any:
    """What became known between the two moments of the window."""
    until = others[feature.what].max(where=others.back_us == 0).cast("float64")
    if feature.window_days is None:
        return until
    return until - others[feature.what].max(where=others.back_us == days_us(feature.window_days)).cast(
        "float64"
    )


def _others(asked: list[AccountCount], rows: Any, tables: Tables) -> Any:
    """For each moment and each look back (moment, back_us): what the others had done by then, by kind."""
    import ibis

    kinds: list[Counted] = list(dict.fromkeys(feature.what for feature in asked))
    looks = dict.fromkeys([0, *(days_us(f.window_days) for f in asked if f.window_days is not None)])
    leads = tables.leads
    accounts = leads.filter(leads.account_id.notnull()).select(
        at="row", account="account_id", created_us="created_us"
    )
    stream = ibis.union(
        *(_known(kind, kinds, accounts, tables) for kind in kinds),
        *(_asking(back, kinds, accounts, rows) for back in looks),
    )
    sums = {kind: _before(stream, kind, "account") - _before(stream, kind, "at") for kind in kinds}
    summed = stream.select("moment", "back_us", **sums)
    found = summed.filter(summed.moment.notnull())
    return found.mutate(**{kind: ibis.null("int64") for kind in kinds if _absent(kind, tables)})


def _before(stream: Any, kind: Counted, group: str) -> Any:
    """The running sum of `kind` within `group`; at one instant, what happened counts before who asks."""
    import ibis

    order = [stream[_KNOWN], stream.asks]
    return stream[kind].sum().over(ibis.window(group_by=group, order_by=order, preceding=None, following=0))


def _absent(kind: Counted, tables: Tables) -> bool:
    if kind == "events":
        return tables.events is None
    return kind in ("won", "lost") and tables.outcomes is None


def _known(kind: Counted, kinds: list[Counted], accounts: Any, tables: Tables) -> Any:
    """One row for each thing of a kind, at the moment from which on it is known."""
    import ibis

    if kind == "events" and tables.events is not None:
        joined = accounts.join(tables.events, accounts["at"] == tables.events["row"])
        # an event of before its lead's creation (an import, a visit later recognised) is known with the lead
        known = ibis.greatest(joined.available_us, ibis.coalesce(joined.created_us, joined.available_us))
    elif kind in ("won", "lost") and tables.outcomes is not None:
        outcomes = tables.outcomes.filter(tables.outcomes.closing == kind)
        first = outcomes.group_by("row").aggregate(first_us=outcomes.occurred_us.min())
        joined = accounts.join(first, accounts["at"] == first["row"])
        joined = joined.filter(joined.first_us.notnull() & joined.created_us.notnull())
        known = ibis.greatest(joined.first_us, joined.created_us)
    else:
        joined = accounts.filter(accounts.created_us.notnull())
        known = joined.created_us
    return _row(joined, known, kinds, kind, ibis.null("int64"), 0)


def _asking(back_us: int, kinds: list[Counted], accounts: Any, rows: Any) -> Any:
    """One row for each moment, `back_us` before it."""
    moments = rows.select("moment", "row", "as_of_us")
    joined = moments.join(accounts, moments["row"] == accounts["at"])
    return _row(joined, joined.as_of_us - back_us, kinds, None, joined.moment.cast("int64"), back_us)


def _row(
    table: Any, known_us: Any, kinds: list[Counted], kind: Counted | None, moment: Any, back_us: int
) -> Any:
    """The columns of the stream, alike for both sorts of rows."""
    import ibis

    def whole(number: int) -> Any:
        return ibis.literal(number, type="int64")

    return table.select(
        "account",
        "at",
        **{_KNOWN: known_us.cast("int64"), "asks": whole(int(kind is None)), "moment": moment},
        back_us=whole(back_us),
        **{name: whole(int(name == kind)) for name in kinds},
    )
