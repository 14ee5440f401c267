"""`python -m tests.bench.limit_ideas [SET …]`: what each idea to come nearer the limit brings, paired.

SET is bpic2012, "bpic2012 second" (its other origin) or the number of a simulated company of
`tests.bench.limit`. Each idea is fitted with the
settings that the folds chose for the default (of company 201 for the simulated ones), and its log loss on the
test rows is compared with the default's, row by row, with a 95 % interval over accounts. What is missing in
`limit_ideas.csv` is measured; `--rewrite` writes the table of docs/measured.md.
"""

from __future__ import annotations

import argparse
import pickle
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from features.catalogue import Feature
from features.columns import Floats
from leadscore.terminal import say
from serving.calibration import log_odds
from serving.scorer import score
from tests.bench.gate_power import append_row
from tests.bench.limit import CACHE, FIRST, LEADS
from tests.bench.limit_company import Company, company_of, settings_of
from tests.bench.limit_ideas_text import BEGIN, END, ideas_section
from tests.bench.quality_sets import BPIC2012, ROOT
from tests.bench.quality_text import replace_section
from training.calibration import mean_interval
from training.choosing import choose_settings
from training.figures.reliability import log_losses_of_margins
from training.fitting import Settings, fit_model
from training.history import Excerpt, Labelled, forward_split
from training.history.history import read_history

RESULTS = Path(__file__).with_name("limit_ideas.csv")
PAGE = ROOT / "docs" / "measured.md"
COLUMNS = ("set", "idea", "loss", "gain", "low", "high", "share", "ratio", "seconds")
PUBLIC = {BPIC2012.name: BPIC2012.origins[0], f"{BPIC2012.name} second": BPIC2012.origins[1]}
SETS = (*PUBLIC, *(str(FIRST + place) for place in range(4)))
_MEANINGS = ("interest", "intent", "contact", "negative", "any")
_EVENTS = ("count_", "value_", "decayed_", "recency_")


def activity(name: str, company: Company, settings: Settings) -> Floats:
    """The default, reading also how active a lead is now, as `train` tries it."""
    return margins(company, settings, features=(*company.features, *company.activity))


def decayed_alone(name: str, company: Company, settings: Settings) -> Floats:
    """Each kind of event by its decayed count and recency, without counts and sums by window or in all."""
    kept = [one for one in company.features if not one.name.startswith(("count_", "value_"))]
    return margins(company, settings, features=kept)


def by_meaning(name: str, company: Company, settings: Settings) -> Floats:
    """Events by what they mean alone, kinds not told apart: what all kinds share, and nothing else."""
    return margins(company, settings, features=[f for f in company.features if not _of_a_kind(f)])


def _of_a_kind(feature: Feature) -> bool:
    head = next((head for head in _EVENTS if feature.name.startswith(head)), None)
    rest = feature.name.removeprefix(head or "")
    return head is not None and not any(rest == one or rest.startswith(f"{one}_") for one in _MEANINGS)


def young_rows(name: str, company: Company, settings: Settings) -> Floats:
    """Rows whose label was not known at the test's start are fitted on too, by the label that they came to
    have: more than any use of their censored outcomes can bring.

    No leads of theirs are judged. To leave out the rows of leads that are judged instead would be to choose
    by who was still open at the start of the test.
    """
    frame, first, test = company.labelled.frame, company.split.first_test_us, company.split.test
    young = np.flatnonzero((frame["as_of_us"] < first) & (frame["label_known_us"] >= first))
    found = margins(company, settings, rows=np.union1d(company.split.fit, young))
    known = frame["lead_id"].iloc[test].isin(set(frame["lead_id"].iloc[young]))
    return np.where(known, np.nan, found)


def larger_bag(name: str, company: Company, settings: Settings) -> Floats:
    """Four times the boosters."""
    train = company.recipe.train
    recipe = company.recipe.model_copy(update={"train": train.model_copy(update={"bag": 4 * train.bag})})
    return margins(replace(company, recipe=recipe), settings)


def equal_weights(name: str, company: Company, settings: Settings) -> Floats:
    """The members of the mean of margins weighted alike."""
    alike = [replace(one, weight=1 / len(settings.members)) for one in settings.members]
    return margins(company, replace(settings, members=tuple(alike)))


IDEAS: Mapping[str, Callable[[str, Company, Settings], Floats]] = {
    "activity, as built": activity,
    "decayed counts alone": decayed_alone,
    "events by meaning alone": by_meaning,
    "young rows, by their later labels": young_rows,
    "four times the boosters": larger_bag,
    "equal weights": equal_weights,
}


def margins(
    company: Company,
    settings: Settings,
    labelled: Labelled | None = None,
    features: Sequence[Feature] | None = None,
    rows: Any = None,
) -> Floats:
    """Log-odds of the test rows by a model fitted on `rows` (without: those of the split)."""
    known, recipe = labelled or company.labelled, company.recipe
    rows = company.split.fit if rows is None else rows
    excerpt = Excerpt.of(recipe, known, features or company.features, rows)
    model = fit_model(excerpt, recipe.train, settings)
    return log_odds(score(model, known.at(company.split.test)))


def _public(name: str, cache: Path) -> tuple[Company, Settings, Floats]:
    """BPI 2012 at an origin: rows, settings of its folds, log-odds of the default."""
    file = cache / f"{name}.pickle"
    if not file.exists():
        recipe = BPIC2012.recipe(PUBLIC[name])
        history = read_history(recipe, BPIC2012.folder)
        split = forward_split(recipe, history.labelled.frame)
        truth = np.full(len(split.test), np.nan)
        company = Company(recipe, history.labelled, split, truth, history.activity)
        settings = choose_settings(recipe, company.excerpt())
        file.write_bytes(pickle.dumps((company, settings, margins(company, settings))))
    company, settings, margin = pickle.loads(file.read_bytes())
    return company, settings, margin


def _kept(file: Path, make: Callable[[], Floats]) -> Floats:
    """What `make` gives, from `file` where that is there."""
    if not file.exists():
        np.save(file, make())
    return np.asarray(np.load(file), dtype=np.float64)


def measure_idea(name: str, idea: str, cache: Path = CACHE) -> dict[str, Any]:
    """One row of the table."""
    if name in PUBLIC:
        company, settings, before = _public(name, cache)
    else:
        company = company_of(int(name), LEADS, cache)
        settings = settings_of(FIRST, LEADS, cache, activity=False)
        before = _kept(cache / f"margins-{name}-{LEADS}-plain.npy", lambda: margins(company, settings))
    started = time.process_time()
    after = IDEAS[idea](name, company, settings)
    spent = time.process_time() - started
    judged = np.flatnonzero(np.isfinite(after))
    losses = [log_losses_of_margins(company.y[judged], margin[judged]) for margin in (before, after)]
    clusters = company.labelled.clusters(company.split.test[judged])
    gain = mean_interval(losses[0] - losses[1], clusters, 0)
    row = {"set": name, "idea": idea, "loss": losses[1].mean(), "gain": (losses[0] - losses[1]).mean()}
    row |= {"low": gain.low, "high": gain.high, "seconds": round(spent, 1)}
    if len(judged) == len(after) and np.isfinite(company.truth).all():
        found = company.against_limit(expit(after))
        row |= {"share": found["share"], "ratio": found["ratio"]}
    return row


def main() -> None:
    """Measure what is missing, and write the table of docs/measured.md."""
    asked = argparse.ArgumentParser(prog="python -m tests.bench.limit_ideas", description=__doc__)
    asked.add_argument("sets", nargs="*", default=list(SETS), metavar="SET")
    asked.add_argument("--cache", type=Path, default=CACHE, help="where features are kept")
    asked.add_argument("--rewrite", action="store_true", help="write the page again, measure nothing")
    told = asked.parse_args()
    known = (
        pd.read_csv(RESULTS, dtype={"set": str}) if RESULTS.exists() else pd.DataFrame(columns=list(COLUMNS))
    )
    done = set(known[["set", "idea"]].itertuples(index=False, name=None))
    for idea in () if told.rewrite else IDEAS:
        for name in told.sets:
            if (name, idea) not in done:
                row = measure_idea(name, idea, told.cache)
                say(f"{name}, {idea}: {row['gain']:+.5f} [{row['low']:+.5f}, {row['high']:+.5f}]")
                append_row(RESULTS, COLUMNS, row)
    replace_section(PAGE, ideas_section(pd.read_csv(RESULTS, dtype={"set": str})), BEGIN, END)


if __name__ == "__main__":
    main()
