"""An artefact's curve and values against what came on the test rows."""

from __future__ import annotations

import numpy as np

from features.clock import DAY_US, days_us
from features.columns import Floats
from serving.artefact import Artefact
from training.figures.metrics import figures
from training.history import History, SplitRows
from training.judging.outlook import HorizonFigures, OutlookFigures, ValueTenth
from training.outlook.amounts import amounts_of
from training.outlook.waiting import steps

_TENTHS = 10


def judge_outlook(
    history: History, split: SplitRows, judged: Artefact, probability: Floats
) -> OutlookFigures | None:
    """What `judged` foresaw for the test rows, whose `probability` for the longest horizon is given; None
    where the recipe asks for neither curve nor value."""
    outlook = judged.outlook
    if outlook is None:
        return None
    columns = history.labelled.at(split.test)
    found = OutlookFigures()
    if outlook.when is not None:
        given = outlook.when.given(columns, np.ones(len(split.test), dtype=np.bool_))
        came = history.labelled.y(split.test) == 1
        wait = _waits(history, split)
        found = OutlookFigures(
            horizons=_horizons(history, split, given * probability[:, None], wait),
            expected_days=_mean(outlook.when.days(given)[came]),
            real_days=_mean(wait[came]),
        )
    if outlook.amount is not None:
        value = probability * outlook.amount.expected(columns)[0]
        found = found.model_copy(update=_values(history, split, value, probability))
    return found


def _horizons(history: History, split: SplitRows, p: Floats, wait: Floats) -> list[HorizonFigures]:
    """One horizon a column of `p`."""
    end = int(history.labelled.frame["label_known_us"].to_numpy(np.int64)[split.fit].max())
    horizons = history.recipe.recipe.horizons
    fitted = [step.labelled.frame["as_of_us"].to_numpy(np.int64) for step in steps(history, split.fit)]
    counts = [(len(as_of), int((as_of + days_us(horizons[-1]) > end).sum())) for as_of in fitted]
    rows = []
    for days, shown, (fit_rows, younger) in zip(horizons, p.T, [*counts, (0, 0)], strict=True):
        y = (wait <= days).astype(np.float64)
        told = figures(y, shown)
        rows.append(
            HorizonFigures(
                days=days,
                promised=float(shown.mean()),
                converted=float(y.mean()),
                observed_expected=told["observed_expected"],
                auc=told["auc"],
                log_loss=told["log_loss"],
                fit_rows=fit_rows,
                younger=younger,
            )
        )
    return rows


def _values(history: History, split: SplitRows, value: Floats, probability: Floats) -> dict[str, object]:
    """Sums by tenth of `value`, highest first; who converted without a known amount is left out."""
    came = np.zeros(len(split.test))
    known = amounts_of(history, split.test)
    place = np.searchsorted(split.test, known.rows)
    came[place] = known.counted
    amount = history.labelled.frame["won_amount"].to_numpy(np.float64)
    won = history.labelled.y(split.test) == 1
    kept = np.flatnonzero(~(won & np.isnan(amount[split.test])))
    order = kept[np.argsort(-value[kept], kind="stable")]
    tenths = [
        ValueTenth(
            rows=len(part),
            won=int(won[part].sum()),
            expected=float(value[part].sum()),
            came=float(came[part].sum()),
        )
        for part in np.array_split(order, _TENTHS)
    ]
    whole = float(np.maximum(amount[known.rows], 0.0).sum())
    likely = kept[np.argsort(-probability[kept], kind="stable")][: tenths[0].rows]
    return {
        "tenths": tenths,
        "counted": float(came.sum()) / whole if whole else 1.0,
        "best_by_value": tenths[0].came,
        "best_by_probability": float(came[likely].sum()),
    }


def _waits(history: History, split: SplitRows) -> Floats:
    """Days until each test row converted, infinite where it did not."""
    frame = history.labelled.frame
    wait = (frame["won_us"] - frame["as_of_us"]).to_numpy(np.float64)[split.test] / DAY_US
    return np.asarray(wait, dtype=np.float64)


def _mean(days: Floats) -> float | None:
    return float(days.mean()) if len(days) else None
