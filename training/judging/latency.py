"""How long one prediction with its reasons takes, for a lead whose features are read."""

from __future__ import annotations

import time

import numpy as np
from pydantic import BaseModel, ConfigDict

from serving.answer import Ladder, compute
from serving.artefact import Artefact
from training.history import History, Rows

_ASKED = 60
"""Leads asked about, one after the other."""
_WARM = 10
"""First answers that are not counted: they fill caches."""
_REASONS = 3


class Latency(BaseModel):
    """Milliseconds of one answer with reasons, one lead at a time, in this process and on this machine."""

    model_config = ConfigDict(frozen=True)

    median_ms: float
    p95_ms: float
    contributions_ms: float
    """The part of the median that is computing contributions, without which there are no reasons."""


def latency(artefact: Artefact, history: History, rows: Rows) -> Latency | None:
    """Measured on some of `rows`; None where there are none. Reading the features is not part of it."""
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), _ASKED + _WARM)).astype(np.intp)]
    if len(chosen) <= _WARM:
        return None
    ladder = Ladder.of(artefact)
    rung, reasoner = ladder.top, ladder.speech.reasoner(_REASONS)
    moments = ladder.speech.moments(history.labelled.frame["as_of_us"].to_numpy(np.int64)[chosen])
    answers, parts = [], []
    for place, row in enumerate(chosen):
        columns, moment = history.labelled.at(np.array([row])), moments.take(np.array([place]))
        started = time.perf_counter()
        compute(rung, columns, reasoner, moment)
        answered = time.perf_counter()
        rung.scorer.contributions(columns)
        parts.append(time.perf_counter() - answered)
        answers.append(answered - started)
    told = np.array(answers[_WARM:]) * 1000
    return Latency(
        median_ms=round(float(np.median(told)), 3),
        p95_ms=round(float(np.quantile(told, 0.95)), 3),
        contributions_ms=round(float(np.median(parts[_WARM:])) * 1000, 3),
    )
