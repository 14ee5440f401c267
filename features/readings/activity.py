"""The set-based reading of a lead's activity: weights of events by span from the engine, then on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from features.catalogue import Activity, ActivityChain, Feature
from features.clock import DAY_US, days_us
from features.tables import Tables


def with_activity(features: Sequence[Feature], rows: Any, tables: Tables) -> Any:
    """`rows` [moment, row, as_of_us, created_us …] with an array `activity_KEY` for each chain of a feature.

    It holds the age in days, then what the events at creation weigh and those of each span, newest first: for
    the second state and for the third. NULL where events were not given.
    """
    chains = {feature.chain.key: feature.chain for feature in features if isinstance(feature, Activity)}
    for chain in chains.values():
        rows = _with_chain(chain, rows, tables.events)
    return rows


def _with_chain(chain: ActivityChain, rows: Any, events: Any) -> Any:
    import ibis

    name = f"activity_{chain.key}"
    if events is None:
        return rows.mutate(**{name: ibis.null("array<float64>")})
    moments = rows.select("moment", "row", "as_of_us", "created_us")
    seen = moments.inner_join(
        events, [moments.row == events.row, events.available_us <= moments.as_of_us]
    ).select(
        "moment",
        "kind",
        age=moments.as_of_us - events.occurred_us,
        later=events.occurred_us > moments.created_us + days_us(chain.first_days),
    )
    weights = [_weight(seen.kind, [(kind, one[at]) for kind, *one in chain.weights]) for at in (0, 1)]
    entry = [_weight(seen.kind, [(kind, one[at]) for kind, *one in chain.entry]) for at in (0, 1)]
    seen = seen.mutate(w0=weights[0], w1=weights[1], e0=entry[0], e1=entry[1])
    sums = {f"e{at}": seen[f"e{at}"].sum(where=~seen.later) for at in (0, 1)}
    for place, (from_us, to_us) in enumerate(pairwise(chain.edges_us)):
        inside = seen.later & (seen.age >= from_us) & (seen.age < to_us)
        sums |= {f"s{place}_{at}": seen[f"w{at}"].sum(where=inside) for at in (0, 1)}
    found = seen.group_by("moment").aggregate(**sums)
    joined = rows.left_join(found, "moment").drop("moment_right")
    age_us = joined.as_of_us - joined.created_us - days_us(chain.first_days)
    age = age_us.cast("float64") / float(DAY_US)
    packed = ibis.array([age, *(joined[name].fill_null(0.0) for name in sums)])
    return joined.mutate(**{name: packed}).drop(*sums)


def _weight(kind: Any, weights: Sequence[tuple[str, int]]) -> Any:
    import ibis

    if not weights:
        return ibis.literal(0.0)
    return ibis.cases(*((kind == name, float(one)) for name, one in weights), else_=0.0).cast("float64")


def unpacked(features: Sequence[Feature], result: Any) -> Any:
    """The Arrow table `result` of an engine with numbers in place of the arrays of `with_activity`."""
    import pyarrow as pa

    for feature in features:
        if isinstance(feature, Activity):
            column = result.column(feature.name).combine_chunks()
            found = np.full(len(result), np.nan)
            there = np.flatnonzero(~np.asarray(column.is_null()))
            parts = column.flatten().to_numpy(zero_copy_only=False).astype(np.float64)
            if len(there):
                found[there] = feature.finished(parts.reshape(len(there), -1))
            place = result.schema.get_field_index(feature.name)
            result = result.set_column(place, feature.name, pa.array(found, from_pandas=True))
    return result
