"""What somebody would write without leadscore: well-known classifiers, usual defaults, one thread each.

They get the very rows and columns that leadscore's model sees. Each takes categories in its native way; those
that have none get one-hot columns. Levels that the fit rows never showed are missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from features import Feature
from features.columns import Column, Columns, Floats

SEED = 7
MOST_LEVELS = 254
"""Levels that HistGradientBoosting takes natively; a careful person groups the rarer ones."""


@dataclass(frozen=True)
class Task:
    """The fit rows and outcomes, and the test rows: frames of float64 and `category` columns alike in order.

    Missing numbers are NaN; missing categories, and levels that the fit rows do not have, are missing.
    """

    fit: pd.DataFrame
    y: Floats
    test: pd.DataFrame

    @property
    def categories(self) -> list[str]:
        """The names of the category columns."""
        return [str(name) for name in self.fit if isinstance(self.fit[name].dtype, pd.CategoricalDtype)]


@dataclass(frozen=True)
class Peer:
    """A classifier by name: `package` must be importable, `predict` fits and gives test probabilities."""

    name: str
    package: str
    predict: Callable[[Task], Floats]

    @property
    def installed(self) -> bool:
        """Whether its package is in this environment."""
        return find_spec(self.package) is not None


def make_task(features: Sequence[Feature], fit: Columns, y: Floats, test: Columns) -> Task:
    """The columns of `features` as frames; category levels are those of the fit rows, by name.

    A column without any value in the fit rows is left out: nobody can learn from it, and some peers stumble.
    """
    frames: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for feature in features:
        cells = fit[feature.name], test[feature.name]
        if pd.isna(cells[0]).all():
            continue
        for frame, column in zip(frames, cells, strict=True):
            frame[feature.name] = column if feature.dtype == "number" else _category(column, cells[0])
    return Task(pd.DataFrame(frames[0]), y, pd.DataFrame(frames[1]))


def _category(column: Column, fitted: Column) -> pd.Categorical:
    """`column` in the levels of the `fitted` one; other levels are missing."""
    levels = sorted({level for level in fitted.tolist() if level is not None})
    known = set(levels)
    return pd.Categorical([level if level in known else None for level in column.tolist()], categories=levels)


def predict_or_base(peer: Peer, task: Task) -> tuple[Floats, str | None]:
    """Test probabilities, and the reason where the peer failed and they are the base rate."""
    try:
        p = peer.predict(task)
        if p.shape != (len(task.test),) or not np.isfinite(p).all():
            raise ValueError("gave no finite probability for each test row")
    except Exception as error:  # whatever a foreign library raises counts the same: it gave no answer
        reason = str(error).splitlines()[0][:120] if str(error) else ""
        return np.full(len(task.test), float(task.y.mean())), f"{type(error).__name__}: {reason}"
    return p, None


def _scikit(classifier: Any, task: Task, *, scaled: bool) -> Floats:
    """A scikit-learn classifier on one-hot categories; with `scaled` numbers are imputed and standardised."""
    from sklearn.compose import make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = [name for name in task.fit if name not in task.categories]
    impute = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    prepare = make_column_transformer(
        (make_pipeline(impute, StandardScaler()) if scaled else impute, numbers),
        (OneHotEncoder(handle_unknown="ignore"), task.categories),
    )
    pipeline = make_pipeline(prepare, classifier)
    return _second(pipeline.fit(_plain(task.fit), task.y).predict_proba(_plain(task.test)))


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Categories as text, missing as a level of its own, for encoders that know no missing category."""
    text = {
        str(name): frame[name].astype(object).where(frame[name].notna(), "(missing)")
        for name in frame
        if isinstance(frame[name].dtype, pd.CategoricalDtype)
    }
    return frame.assign(**text)


def _second(probabilities: Any) -> Floats:
    """The probabilities of class 1."""
    return np.asarray(probabilities, dtype=np.float64)[:, 1]


def _logistic(task: Task) -> Floats:
    from sklearn.linear_model import LogisticRegression

    return _scikit(LogisticRegression(max_iter=5000), task, scaled=True)


def _forest(task: Task) -> Floats:
    from sklearn.ensemble import RandomForestClassifier

    return _scikit(RandomForestClassifier(random_state=SEED, n_jobs=1), task, scaled=False)


def _histogram(task: Task) -> Floats:
    from sklearn.ensemble import HistGradientBoostingClassifier

    task = Task(_grouped(task.fit, task), task.y, _grouped(task.test, task))
    model = HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=SEED)
    return _second(model.fit(task.fit, task.y).predict_proba(task.test))


def _grouped(frame: pd.DataFrame, task: Task) -> pd.DataFrame:
    """Categories of too many levels with all but the most frequent of the fit rows in one."""
    changed = {}
    for name in task.categories:
        counts = task.fit[name].value_counts()
        if len(counts) > MOST_LEVELS:
            kept = [*counts.index[: MOST_LEVELS - 1], "(other)"]
            text = frame[name].astype(object)
            text = text.where(text.isna() | text.isin(kept), "(other)")
            changed[name] = pd.Categorical(text, categories=kept)
    return frame.assign(**changed)


def _catboost(task: Task) -> Floats:
    from catboost import CatBoostClassifier  # type: ignore[import-untyped]

    model = CatBoostClassifier(
        random_seed=SEED,
        thread_count=1,
        cat_features=task.categories,
        allow_writing_files=False,
        verbose=False,
    )
    return _second(model.fit(_plain(task.fit), task.y).predict_proba(_plain(task.test)))


def _xgboost(task: Task) -> Floats:
    from xgboost import XGBClassifier

    model = XGBClassifier(enable_categorical=True, random_state=SEED, n_jobs=1)
    return _second(model.fit(task.fit, task.y).predict_proba(task.test))


def _lightgbm(task: Task) -> Floats:
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(random_state=SEED, n_jobs=1, verbosity=-1)
    return _second(model.fit(task.fit, task.y).predict_proba(task.test))


PEERS = (
    Peer("logistic regression (scikit-learn)", "sklearn", _logistic),
    Peer("random forest", "sklearn", _forest),
    Peer("HistGradientBoosting", "sklearn", _histogram),
    Peer("CatBoost", "catboost", _catboost),
    Peer("XGBoost", "xgboost", _xgboost),
    Peer("LightGBM (defaults)", "lightgbm", _lightgbm),
)


def _small_bag(task: Task) -> Floats:
    """What a careful person would take: eight small regularised boosters, stopped on an eighth each."""
    from lightgbm import LGBMClassifier, early_stopping

    part = np.random.default_rng(SEED).permutation(len(task.y)) % 8
    total = np.zeros(len(task.test))
    for member in range(8):
        model = LGBMClassifier(
            n_estimators=3000, learning_rate=0.03, num_leaves=15, min_child_samples=40, colsample_bytree=0.6,
            subsample=0.8, subsample_freq=1, reg_lambda=1.0, cat_smooth=20, random_state=SEED + member,
            n_jobs=1, verbosity=-1,
        )  # fmt: skip
        kept, left = part != member, part == member
        model.fit(
            task.fit[kept],
            task.y[kept],
            eval_X=task.fit[left],
            eval_y=task.y[left],
            eval_metric="binary_logloss",
            callbacks=[early_stopping(50, verbose=False)],
        )
        total += _second(model.predict_proba(task.test))
    return total / 8


BAG = Peer("bag of eight small LightGBMs", "lightgbm", _small_bag)
