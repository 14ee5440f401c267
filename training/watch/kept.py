"""What only a ledger knows: who answered, whether both readings agree, what was told late or twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

import numpy as np
from numpy.typing import NDArray

from features.clock import from_us
from serving.answer import Opened
from serving.ledger import LedgerTables
from serving.skew import check_skew_kept
from serving.watched import (
    answers_given,
    contradictions,
    late_outcomes,
    other_columns,
    recorded_later,
)
from training.watch.answers import rung_look
from training.watch.found import CERTAIN, Looked
from training.watch.periods import Periods

_REPLAYED = 2_000
"""ChampionAnswers that are read again: a difference of readings shows in the first dozen."""
_LATE_SHARE = 0.05


def columns_kept(kept: LedgerTables, periods: Periods) -> dict[str, NDArray[np.int64]]:
    """Moments of the cells of columns that the recipe does not read."""
    found = other_columns(kept.ledger, periods.recipe)
    return {name: np.array(moments, dtype=np.int64) for name, moments in found.items()}


def ledger_looks(kept: LedgerTables, periods: Periods, opened: Opened) -> Iterator[Looked]:
    """The rungs that did answer, and the replay of what answers were computed from."""
    since = periods.ends(periods.n + 1)
    given = answers_given(kept.ledger, since, periods.end_us)
    if given:
        about = np.array([one.as_of_us for one in given], dtype=np.int64)
        rungs = np.array([one.rung for one in given], dtype=object)
        yield from rung_look(
            rungs, (periods.end_us - about) // periods.span_us, periods, "the rung that answered"
        )
    yield from _skew(kept, periods, opened)


def ledger_notes(kept: LedgerTables, periods: Periods) -> Iterator[str]:
    """What is odd about the ledger, and what the figures then mean."""
    recipe = periods.recipe
    horizon = recipe.recipe.horizon_days
    told, late = late_outcomes(kept.ledger, periods.end_us, horizon)
    if late and late >= _LATE_SHARE * told:
        yield (
            f"outcomes come late: {late:,} of {told:,} were told more than {horizon:g} days after they came; "
            "customers of the newest months are too few: probabilities that look too high there may be right"
        )
    for name, moments in sorted(contradictions(kept.ledger, recipe).items()):
        yield (
            f"the history of '{name}' contradicts itself: {moments:,} moments tell two values; the greater "
            "text counts, whichever came first, and shares of its levels are off by as many leads at most"
        )
    yield from _champions(kept, periods)


def _champions(kept: LedgerTables, periods: Periods) -> Iterator[str]:
    """Weeks of the newest period in which more than one version answered."""
    weeks: dict[date, set[str]] = defaultdict(set)
    for one in answers_given(kept.ledger, periods.ends(1), periods.end_us):
        day = from_us(one.as_of_us).date()
        weeks[date.fromordinal(day.toordinal() - day.weekday())].add(f"{one.rung} {one.version}")
    for monday, versions in sorted(weeks.items()):
        models = sorted(version for version in versions if version.startswith("model "))
        if len(models) > 1:
            yield (
                f"several champions in the week of {monday}: {', '.join(models)}; its scores are of "
                "different models. The figures of scores here are all by the present champion"
            )


def _skew(kept: LedgerTables, periods: Periods, opened: Opened) -> Iterator[Looked]:
    ladder = opened.ladder
    given = answers_given(kept.ledger, periods.ends(1), periods.end_us, newest=_REPLAYED, features=True)
    given = [one for one in given if one.features and one.recipe_hash == ladder.recipe.hash]
    known = set(periods.leads["lead_id"])
    late = recorded_later(kept.ledger, given)
    answers = [
        (one.lead_id, one.as_of_us, one.features or "")
        for one in given
        if one.seq not in late and one.lead_id in known
    ]
    if not answers:
        return
    rows = check_skew_kept(ladder.recipe, periods.tables, ladder.features, answers, opened.version)
    wrong = [row for row in rows if row.mismatches]
    names = ", ".join(row.feature for row in wrong[:3])
    words, n = f"{len(wrong)} of {len(rows)} features", f"{len(answers):,} answers"
    what = f"what was answered with is not what the ledger says: {words} differ in {n}: {names}"
    remedy = (
        "Were these leads scored by requests with fields of their own, send the ledger the same fields. Else "
        "the two readings of a feature differ: report it, and do not trust scores meanwhile."
    )
    p = CERTAIN if wrong else 1.0
    yield Looked(
        "serving", "readings", "equal", f"{words} differ", p, what, remedy, f"{len(answers):,} answers"
    )
