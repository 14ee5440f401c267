"""Simulated companies whose limit is known: features computed once, and how near it probabilities come."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import data
from features import load_recipe
from features.catalogue import Activity, Feature, default_features
from features.columns import Floats
from features.recipe import Recipe
from training.choosing.choose import choose_settings
from training.figures import Bootstrap, Interval
from training.figures.ranking import Ranking
from training.figures.reliability import log_losses
from training.fitting import Settings
from training.history import Excerpt
from training.history.history import read_history
from training.history.labelled import Labelled
from training.history.split import SplitRows, forward_split

DRAWS = 500


@dataclass(frozen=True)
class Company:
    """A company's labelled rows, how they are split, the true probability of each test row, and what may be
    read of the chain of its leads' activity."""

    recipe: Recipe
    labelled: Labelled
    split: SplitRows
    truth: Floats
    activity: tuple[Activity, ...] = ()

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """What the model reads."""
        return default_features(self.recipe)

    def excerpt(self, *, activity: bool = False) -> Excerpt:
        """The rows that may be fitted on, as the model reads them, with their activity or without."""
        features = (*self.features, *(self.activity if activity else ()))
        return Excerpt.of(self.recipe, self.labelled, features, self.split.fit)

    @cached_property
    def y(self) -> Floats:
        """What became of the test rows."""
        return self.labelled.y(self.split.test)

    def against_limit(self, p: Floats) -> dict[str, float]:
        """Share of the limit's AUC above one half, and log loss over the limit's, of the test probabilities
        `p`; each with its 95 % interval over accounts."""
        clusters = self.labelled.clusters(self.split.test)
        drawn = Bootstrap(self.y, clusters, DRAWS, 0).samples({"model": p, "limit": self.truth})
        own, best = drawn["model"], drawn["limit"]
        share = Interval.of((own["auc"] - 0.5) / (best["auc"] - 0.5))
        ratio = Interval.of(own["log_loss"] / best["log_loss"])
        (auc, loss), (auc_limit, loss_limit) = (self._whole(each) for each in (p, self.truth))
        return {
            "auc": auc,
            "auc_limit": auc_limit,
            "share": (auc - 0.5) / (auc_limit - 0.5),
            "share_low": share.low,
            "share_high": share.high,
            "loss": loss,
            "loss_limit": loss_limit,
            "ratio": loss / loss_limit,
            "ratio_low": ratio.low,
            "ratio_high": ratio.high,
        }

    def _whole(self, p: Floats) -> tuple[float, float]:
        """AUC and log loss of all test rows."""
        return Ranking(self.y, p).groups().auc(), float(log_losses(self.y, p).mean())


def company_of(seed: int, leads: int, cache: Path) -> Company:
    """The company of `seed`; its features are computed once and kept in `cache`."""
    file = cache / f"company-{seed}-{leads}.pickle"
    if not file.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix="leadscore-limit-") as work:
            file.write_bytes(pickle.dumps(_company(seed, leads, Path(work))))
    found = pickle.loads(file.read_bytes())
    assert isinstance(found, Company), f"{file} holds something else"
    return found


def _company(seed: int, leads: int, folder: Path) -> Company:
    data.simulate(folder, leads, seed)
    recipe = load_recipe(folder / "recipe.toml")
    history = read_history(recipe, folder)
    labelled = history.labelled
    split = forward_split(recipe, labelled.frame)
    limit = data.known_limit(folder, recipe.recipe.horizon_days)
    assert limit is not None, "the simulated folder holds no truth"
    truth = limit(labelled.frame.iloc[split.test].reset_index(drop=True))
    return Company(recipe, labelled, split, truth, history.activity)


def settings_of(seed: int, leads: int, cache: Path, *, activity: bool = True) -> Settings:
    """What the folds of a company choose, as in `train`; kept in `cache`; `activity` is tried or not."""
    file = cache / f"settings-{seed}-{leads}{'' if activity else '-plain'}.pickle"
    if not file.exists():
        company = company_of(seed, leads, cache)
        more = company.activity if activity else ()
        file.write_bytes(pickle.dumps(choose_settings(company.recipe, company.excerpt(), activity=more)))
    found = pickle.loads(file.read_bytes())
    assert isinstance(found, Settings), f"{file} holds something else"
    return found
