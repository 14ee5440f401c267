"""A finished run in memory, before it is recorded."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from serving.artefact import Artefact
from training.history import History, SplitRows
from training.judging import Evidence, Judgement
from training.packing.choices import Choices
from training.packing.pack import Cuts


@dataclass(frozen=True)
class Trained:
    """Both artefacts, the evidence, and everything that explains it.

    `judged` was fitted on the fit rows and is what the evidence is about; `served` was fitted with the same
    choices to the end of the history. `probabilities` holds each scorer's on the test rows (the champion's
    too, where it is compared), `shift` how far the two artefacts differ on open leads, `seconds` how long
    each step took, `kept` where the champion's bands begin, which `served` keeps.
    """

    history: History
    split: SplitRows
    choices: Choices
    judged: Artefact
    served: Artefact
    probabilities: dict[str, NDArray[np.float64]]
    evidence: Evidence
    judgement: Judgement
    shift: dict[str, float]
    seconds: dict[str, float]
    kept: Cuts = field(default_factory=dict)
