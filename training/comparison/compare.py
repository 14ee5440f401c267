"""Two models side by side: which open leads change their band and why, how scores move, their figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

from features.catalogue import Feature
from features.columns import Column, Columns
from features.errors import LeadscoreError
from features.language import Language
from features.recipe import Recipe
from features.tables import Place
from serving.answer import Ladder
from serving.artefact import Artefact, load_artefact
from serving.registry import fetch, resolve
from serving.score import Maturity, Score
from serving.words import FactReader, Voice
from training.comparison.crowd import Crowd, export_crowd, open_crowd, shared
from training.comparison.difference import Changed, Comparison
from training.comparison.reasons import Explained, crossed, explain, move, rung_of
from training.comparison.shift import shift_of

ALIASES = ("champion", "previous", "challenger")
_WHY = 3
"""Parts of a move that are told of a lead."""
_BANDS: tuple[Maturity, ...] = ("cold", "warm", "hot")


def compare(
    a: str,
    b: str,
    folder: Place,
    *,
    recipe: Recipe | None = None,
    leads: Path | None = None,
    events: Path | None = None,
    as_of_us: int | None = None,
    language: Language | None = None,
) -> Comparison:
    """Compare model `a` with `b` on the leads that are open at the end of the history in `folder`.

    A model is a folder, `models:/NAME/2`, `models:/NAME@champion`, a run's id, or with `recipe` an alias
    or version number of the recipe's name. `leads` (with its `events`) names an export to compare on instead.
    Each model reads the tables by the recipe that it was trained with. Why a lead changes its band is told in
    `language`, by default that of the newer model's recipe.

    Raises:
        LeadscoreError: a model or a table cannot be read, or no lead is there to compare on.
    """
    artefacts = tuple(load_named(address, recipe) for address in (a, b))
    ladders = [Ladder.of(artefact).told_in(language) for artefact in artefacts]
    moment = as_of_us
    crowds: list[Crowd] = []
    for artefact in reversed(artefacts):  # the newer model's tables say when the history ends
        if crowds and artefact.manifest.recipe.hash == artefacts[1].manifest.recipe.hash:
            crowds.append(crowds[0])
            continue
        own = artefact.manifest.recipe
        crowd = export_crowd(own, leads, events, moment) if leads else open_crowd(own, folder, moment)
        moment = crowd.asked[0].as_of_us
        crowds.append(crowd)
    pair = shared((crowds[1], crowds[0]))
    if not pair[0].asked:
        raise LeadscoreError(
            "the two models' recipes read no lead in common.", "Compare models of the same tables."
        )
    return _compared((a, b), artefacts, ladders, pair)


def load_named(address: str, recipe: Recipe | None = None) -> Artefact:
    """The artefact under an `address` as `compare` takes it.

    Raises:
        LeadscoreError: nothing is there.
    """
    if recipe is not None and address in ALIASES:
        address = f"models:/{recipe.name}@{address}"
    elif recipe is not None and address.isdecimal():
        address = f"models:/{recipe.name}/{address}"
    elif re.fullmatch("[0-9a-f]{32}", address):
        address = f"runs:/{address}/model"
    ref = resolve(address)
    version, digest = (ref.version, ref.digest) if ref else (None, None)
    return load_artefact(fetch(ref or address), version, digest)


def _compared(
    names: tuple[str, str],
    artefacts: Sequence[Artefact],
    ladders: Sequence[Ladder],
    crowds: tuple[Crowd, Crowd],
) -> Comparison:
    """The comparison on two crowds of the same leads in the same order."""
    answers = [crowd.answers(ladder) for crowd, ladder in zip(crowds, ladders, strict=True)]
    banded = {
        at: (one.maturity, other.maturity)
        for at, (one, other) in enumerate(zip(*answers, strict=True))
        if one.maturity is not None and other.maturity is not None
    }
    bands = Counter(banded.values())
    changed = _changed(
        ladders, crowds, answers, {at: pair for at, pair in banded.items() if len(set(pair)) == 2}
    )
    chances = [np.array([side[at].probability for at in banded], dtype=np.float64) for side in answers]
    return Comparison(
        *names,
        n_leads=len(banded),
        bands={pair: bands[pair] for pair in product(_BANDS, _BANDS) if bands[pair]},
        changed=sorted(changed, key=lambda lead: (-abs(lead.moved), lead.lead_id)),
        shift=shift_of(*chances),
        figures=_figures(artefacts),
        warnings=[
            *dict.fromkeys(warning for crowd in crowds for warning in crowd.warnings),
            *_warnings(artefacts),
        ],
    )


def _changed(
    ladders: Sequence[Ladder],
    crowds: tuple[Crowd, Crowd],
    answers: list[list[Score]],
    bands: dict[int, tuple[Maturity, Maturity]],
) -> list[Changed]:
    """The leads at the places in `bands`, (before, after), with the reasons of their move."""
    places = list(bands)
    cuts = [crossed(*pair) for pair in bands.values()]
    columns: dict[str, Column] = {}
    features: dict[str, Feature] = {}
    told = []
    for ladder, crowd, scores in zip(ladders, crowds, answers, strict=True):
        own = crowd.columns(ladder, places) if places else Columns({}, 0)
        told.append(_explained(ladder, crowd, own, [scores[at] for at in places], cuts, places))
        columns |= own
        features |= {feature.name: feature for feature in ladder.features}
    about = ladders[1].recipe.recipe
    voice = Voice(ladders[1].recipe, tuple(features.values()), about.language)
    asked = [crowds[1].asked[at].as_of_us for at in places]
    read = FactReader(
        Columns(columns, len(places)), ladders[1].speech.moments(np.array(asked, dtype=np.int64))
    )
    return [
        Changed(
            str(answers[0][at].lead_id),
            before=bands[at][0],
            after=bands[at][1],
            probability_before=float(answers[0][at].probability or 0.0),
            probability_after=float(answers[1][at].probability or 0.0),
            moved=told[1][row].distance - told[0][row].distance,
            why=tuple(move(told[0][row], told[1][row], voice, read.of(row))[:_WHY]),
        )
        for row, at in enumerate(places)
    ]


def _explained(
    ladder: Ladder,
    crowd: Crowd,
    columns: Columns,
    scores: list[Score],
    cuts: list[Maturity],
    places: list[int],
) -> list[Explained]:
    """Each lead under the rung that answered for it."""
    found: dict[int, Explained] = {}
    rungs = [
        rung_of(ladder, score, crowd.asked[at].events_given) for score, at in zip(scores, places, strict=True)
    ]
    for rung in ladder.rungs:
        own = np.flatnonzero([one is rung for one in rungs])
        if len(own):
            part = columns.take(own)
            found |= zip(own.tolist(), explain(rung, part, [cuts[at] for at in own]), strict=True)
    return [found[row] for row in range(len(scores))]


def _figures(artefacts: Sequence[Artefact]) -> list[tuple[str, float | None, float | None, float | None]]:
    """What each model was judged with, side by side."""
    one, other = (artefact.manifest.metrics for artefact in artefacts)
    names = [*one, *(name for name in other if name not in one)]
    rows = []
    for name in names:
        a, b = one.get(name), other.get(name)
        rows.append((name, a, b, None if a is None or b is None else b - a))
    return rows


def _warnings(artefacts: Sequence[Artefact]) -> list[str]:
    """What makes the figures hard to compare."""
    one, other = (artefact.manifest for artefact in artefacts)
    found = []
    if one.horizon_days != other.horizon_days:
        found.append(
            f"different questions: converted within {one.horizon_days:g}, or {other.horizon_days:g} days"
        )
    if one.recipe.split != other.recipe.split:
        found.append("the figures come from different tests: their difference also holds that of the tests")
    elif one.data_hash != other.data_hash:
        found.append(
            "the models read different tables or columns: their figures may come from different tests, and "
            "their difference may hold that of the tests"
        )
    if not one.metrics or not other.metrics:
        found.append("an artefact that was only judged carries no figures: compare what is served")
    return found
