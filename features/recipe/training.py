"""The sections of a recipe that say how a model is made, judged and read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from features.recipe.section import Section

LOTS = 1 << 40
"""Places drawn by lot are whole numbers from 0 to below this."""


class Split(Section):
    """`[split]`: from when on the newest rows are the test.

    `train_from` drops leads created before it (an outcome that was not recorded yet). `test_from` is a
    moment; without it the newest `test_share` of the matured rows, by as_of, are the test. `by = "lot"` is
    for leads without a date whose order says nothing: the test is drawn, accounts, and equal leads without
    one, as a whole.
    """

    by: Literal["time", "lot"] = "time"
    train_from: str | None = None
    test_from: str | None = None
    test_until: str | None = None
    test_share: float = Field(default=0.25, gt=0, lt=1)
    history_end: str | None = None

    @property
    def first_lot(self) -> int:
        """The least place of the test where places are drawn."""
        return int(LOTS * (1 - self.test_share))


class Training(Section):
    """`[train]`: what the booster may do; the defaults suit some thousand to some million rows.

    Small trees on few features each keep correlated counts from speaking for one another, and keep reasons
    cheap: their cost grows with `bag` × rounds × leaves × depth². `max_depth` −1 is no limit but the leaves.
    `path_smooth` draws a leaf towards its parent by as many rows. Each tree is offered `feature_fraction` of
    the features, at least four; left out of the recipe, about 24 of them (between 0.2 and 0.6). Where
    `num_leaves` and `min_child_samples` are left at their defaults, larger trees are tried on the folds.
    `rounds` are stopped early, and far below their limit as a rule.
    `rare_level` counts leads, and `cat_smooth` independent rows, however often a lead is looked at. Of a
    history with more than `max_rows` matured snapshots a sample of whole leads is fitted on and judged on,
    drawn by `seed` and told in the account of rows.
    """

    seed: int = 7
    bag: int = Field(default=4, ge=1, le=64)
    rounds: int = Field(default=4000, ge=1)
    early_stopping: int = Field(default=50, ge=1)
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    num_leaves: int = Field(default=7, ge=2)
    max_depth: int = Field(default=-1, ge=-1)
    min_child_samples: int = Field(default=60, ge=1)
    feature_fraction: float | None = Field(default=None, gt=0, le=1)
    bagging_fraction: float = Field(default=0.8, gt=0, le=1)
    lambda_l2: float = Field(default=1.0, ge=0)
    lambda_l1: float = Field(default=0.0, ge=0)
    path_smooth: float = Field(default=20.0, ge=0)
    extra_trees: bool = False
    cat_smooth: float = Field(default=20.0, ge=0)
    rare_level: int = Field(default=20, ge=1)
    folds: int = Field(default=5, ge=1)
    max_rows: int = Field(default=500_000, ge=1)
    threads: int = Field(default=1, ge=1)


class Gate(Section):
    """`[gate]`: the evidence that a promotion needs.

    `min_positives` counts converted leads in the tests, whatever the number of their snapshots.
    """

    min_positives: int = Field(default=25, ge=1)
    draws: int = Field(default=1000, ge=100)
    capacity_per_week: int = Field(default=50, ge=1)
    slope: tuple[float, float] = (0.8, 1.25)
    observed_expected: tuple[float, float] = (0.9, 1.1)


class Exploration(Section):
    """`[exploration]`: the share of leads that are worked whatever their score, to know what scoring brings.

    A keyed hash draws them, so that nobody chooses: by `lead`, by `account` (whose leads hear of each other),
    or by `week` of creation, in which all leads are worked (a switchback, where leads compete for the same
    hours). Another `key` draws others.
    """

    share: float = Field(gt=0, le=0.5)
    unit: Literal["lead", "account", "week"] = "lead"
    key: str = "1"


class ProtectedColumns(Section):
    """`[protected]`: columns of the leads that no model may read, such as a sex or an age group. By them it
    is looked at who is disadvantaged, and which features tell them.
    """

    columns: tuple[str, ...] = Field(min_length=1)


_HOT_SHARE, _WARM_SHARE = 0.1, 0.3


class Bands(Section):
    """`[bands]`: which leads are hot, which warm.

    By shares of today's open leads, best first; or `calls_per_week`: as many of them are hot as the team can
    call in a week; or by probability, `hot_from` and `warm_from`; or by cost: hot from where the chance of
    `won_value` pays `call_cost`, warm from where it pays `write_cost`. Once promoted, the cut-offs stay those
    of the champion until `leadscore train --new-bands` is asked for others.

    Who did one of the events `asked` in the last `asked_days` days is hot whatever the model thinks (default:
    kinds that mean intent and are called demo, quote, callback …). Whose only action is one of `lone` is cold
    until more is known (default: kinds that mean interest and are called download, ebook …).
    """

    hot_share: float = Field(default=_HOT_SHARE, gt=0, lt=1)
    warm_share: float = Field(default=_WARM_SHARE, gt=0, lt=1)
    calls_per_week: int | None = Field(default=None, ge=1)
    hot_from: float | None = Field(default=None, gt=0, lt=1)
    warm_from: float | None = Field(default=None, gt=0, lt=1)
    won_value: float | None = Field(default=None, gt=0)
    call_cost: float | None = Field(default=None, gt=0)
    write_cost: float | None = Field(default=None, gt=0)
    asked: tuple[str, ...] | None = None
    asked_days: float = Field(default=30, gt=0, le=36_500)
    lone: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        # by value, not by what was written: an artefact's manifest writes every key
        shares = (self.hot_share, self.warm_share) != (_HOT_SHARE, _WARM_SHARE)
        ways = {
            "calls_per_week": self.calls_per_week is not None,
            "hot_from": self.hot_from is not None or self.warm_from is not None,
            "won_value": any(v is not None for v in (self.won_value, self.call_cost, self.write_cost)),
        }
        said = [way for way, given in ways.items() if given]
        if len(said) > 1:
            raise ValueError(f"'{said[0]}' and '{said[1]}' are two ways to draw one line; keep one")
        if said and said != ["calls_per_week"] and shares:
            raise ValueError(f"'{said[0]}' and shares are two ways to draw one line; keep one")
        if ways["hot_from"] and (self.hot_from is None or self.warm_from is None):
            raise ValueError("'hot_from' and 'warm_from' go together")
        if ways["won_value"] and None in (self.won_value, self.call_cost, self.write_cost):
            raise ValueError("'won_value', 'call_cost' and 'write_cost' go together")
        return self._in_order()

    def _in_order(self) -> Self:
        """Refuse cut-offs that leave a band empty, or that no probability reaches."""
        if self.calls_per_week is None and self.hot_share >= self.warm_share:
            raise ValueError(
                f"the best {self.hot_share:g} are hot and those up to {self.warm_share:g} warm: a band stays "
                "empty; warm_share counts the hot ones too and must be above hot_share"
            )
        if (fixed := self.fixed) is None:
            return self
        hot, warm = fixed
        if not 0 < warm < hot < 1:
            raise ValueError(
                f"warm would begin at {warm:g} and hot at {hot:g}: a band stays empty; "
                "warm must begin below hot, and both inside 0 to 1"
            )
        return self

    @property
    def fixed(self) -> tuple[float, float] | None:
        """The probabilities from which a lead is hot and warm, None where open leads decide."""
        if self.hot_from is not None and self.warm_from is not None:
            return self.hot_from, self.warm_from
        if self.won_value is not None and self.call_cost is not None and self.write_cost is not None:
            return self.call_cost / self.won_value, self.write_cost / self.won_value
        return None

    def shares(self, n_open: int) -> tuple[float, float]:
        """The shares of `n_open` open leads that are hot, and that are hot or warm."""
        if self.calls_per_week is None:
            return self.hot_share, self.warm_share
        hot = min(self.calls_per_week / max(n_open, 1), 1.0)
        return hot, min(max(self.warm_share, hot), 1.0)


class Segments(Section):
    """`[segments]`: parts of the leads that may have a model of their own, by the levels of one field.

    `groups` names each segment and its levels, such as `b2b = ["company", "reseller"]`. A level belongs to
    one segment at most; leads of another level, or of none, are those of the model of all.
    """

    field: str
    groups: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(min_length=1)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        levels = [level for group in self.groups.values() for level in group]
        if twice := sorted({level for level in levels if levels.count(level) > 1}):
            raise ValueError(f"puts {twice} into more than one segment")
        return self
