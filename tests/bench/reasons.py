"""Reasons: what the size of the bag and of the trees cost in contributions, and what they buy in quality.

Trees alone, on a simulated company; rounds as the forward folds choose them for each size of tree, so that
what is compared is what a recipe with these settings would serve.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import data
from features import load_recipe
from features.columns import Columns, Floats
from features.recipe.recipe import Training
from leadscore.terminal import say
from serving.scorers.trees import Trees
from tests.bench.rows import Row, cpu_seconds
from training.choosing.bench import Bench
from training.figures.bootstrap import Bootstrap, Interval
from training.fitting.boosting import GROWTH, encoded, fit_bag
from training.fitting.encode import fit_tree_encoder
from training.history.history import History, read_history
from training.history.split import SplitRows, forward_split

LEADS, SINGLES, MANY, DRAWS = 10_000, 100, 1_000, 500
BAGS = (1, 2, 4, 8)
SHAPES = {(7, -1): BAGS, (15, -1): BAGS, (15, 4): (4,), (31, -1): BAGS, (31, 5): (4,)}
"""(num_leaves, max_depth) and the bags of it; −1 is no limit but the leaves."""


@dataclass(frozen=True)
class Choice:
    """One size of trees and bag: its name, rounds, CPU costs, and its margins of the test rows.

    `margin_us` and `reasons_us` are the medians of one lead at a time, `per_second` contributions of many.
    """

    bag: int
    leaves: int
    depth: int
    rounds: int
    margin_us: float
    reasons_us: float
    per_second: float
    probability: Floats

    @property
    def name(self) -> str:
        """As a recipe would say it."""
        deep = f", max_depth {self.depth}" if self.depth > 0 else ""
        return f"bag {self.bag}, {self.leaves} leaves{deep}"

    def is_of(self, plan: Training) -> bool:
        """Whether a recipe with `plan` makes this."""
        return (self.bag, self.leaves, self.depth) == (plan.bag, plan.num_leaves, plan.max_depth)


def run() -> list[Row]:
    """Each size against the recipe's default: cost of reasons, and log loss on newer leads."""
    with TemporaryDirectory() as folder:
        data.simulate(Path(folder), LEADS, 1)
        history = read_history(load_recipe(Path(folder) / "recipe.toml"), Path(folder))
    split = forward_split(history.recipe, history.labelled.frame)
    choices = measured(history, split)
    own = history.recipe.train
    default = next(
        c for c in choices if (c.bag, c.leaves, c.depth) == (own.bag, own.num_leaves, own.max_depth)
    )
    differences = compared(history, split, choices, default)
    for line in table(choices, default, differences):
        say(line)
    return [
        Row("reasons of one lead against its bare margin, as the recipe is", ratio(default), "×"),
        *(
            Row(f"reasons with {c.name}, against those", c.reasons_us / default.reasons_us, "×")
            for c in choices
            if c is not default
        ),
    ]


def ratio(choice: Choice) -> float:
    """How many margins one set of contributions costs."""
    return choice.reasons_us / choice.margin_us


def measured(history: History, split: SplitRows) -> list[Choice]:
    """Every size, cheapest trees first."""
    bench = Bench.of(history.recipe, history.excerpt(split.fit))
    found = []
    for (leaves, depth), bags in SHAPES.items():
        changed = {"num_leaves": leaves, "max_depth": depth, "bag": max(bags)}
        plan = history.recipe.train.model_copy(update=changed)
        grown = bench.boosted(plan)
        assert grown is not None  # without a rival
        rounds = grown[1]
        trees = fitted(history, split, bench, plan, max(1, round(rounds * GROWTH)))
        columns = history.labelled.at(split.test, bench.tree_features)
        found += [costed(part(trees, bag), plan, rounds, columns) for bag in bags]
    return found


def fitted(history: History, split: SplitRows, bench: Bench, plan: Training, rounds: int) -> Trees:
    """The largest bag on the rows that may be fitted; smaller ones are its first members, seed for seed."""
    columns = history.labelled.at(split.fit, bench.tree_features)
    encoder = fit_tree_encoder(bench.tree_features, columns, plan.rare_level)
    sample = encoded(encoder, columns, history.labelled.y(split.fit), signs=bench.excerpt.signs)
    return Trees(features=bench.tree_features, encoder=encoder, boosters=fit_bag(sample, plan, rounds))


def part(trees: Trees, bag: int) -> Trees:
    """The first `bag` boosters."""
    return Trees(features=trees.features, encoder=trees.encoder, boosters=trees.boosters[:bag])


def costed(trees: Trees, plan: Training, rounds: int, columns: Columns) -> Choice:
    """What one bag costs, and its probabilities of the test rows."""
    rows = np.linspace(0, len(columns[trees.features[0].name]) - 1, MANY).astype(np.intp)
    many = columns.take(rows)
    singles = [columns.take(rows[place : place + 1]) for place in range(SINGLES)]
    return Choice(
        bag=len(trees.boosters),
        leaves=plan.num_leaves,
        depth=plan.max_depth,
        rounds=rounds,
        margin_us=median_us(trees.margin, singles),
        reasons_us=median_us(trees.contributions, singles),
        per_second=MANY / cpu_seconds(lambda: trees.contributions(many), 2),
        probability=1 / (1 + np.exp(-trees.margin(columns))),
    )


def median_us(work: Callable[[Columns], object], singles: Sequence[Columns]) -> float:
    """The median CPU time of one lead, in µs; each is asked three times and its least counts."""
    spent = []
    for columns in singles:
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            work(columns)
            best = min(best, time.process_time() - start)
        spent.append(best)
    return float(np.median(spent)) * 1e6


def compared(
    history: History, split: SplitRows, choices: list[Choice], default: Choice
) -> Mapping[str, dict[str, tuple[float, Interval]]]:
    """Name → figure → (difference to the default, its paired interval over accounts or leads)."""
    labelled = history.labelled
    y, clusters = labelled.y(split.test), labelled.clusters(split.test)
    drawn = Bootstrap(y, clusters, DRAWS, history.recipe.train.seed).samples(
        {choice.name: choice.probability for choice in choices}
    )
    found = {}
    for choice in choices:
        gaps = {f: drawn[choice.name][f] - drawn[default.name][f] for f in ("log_loss", "auc")}
        found[choice.name] = {f: (float(gap.mean()), Interval.of(gap)) for f, gap in gaps.items()}
    return found


def table(
    choices: list[Choice], default: Choice, differences: Mapping[str, dict[str, tuple[float, Interval]]]
) -> list[str]:
    """The lines of a Markdown table; costs as multiples of the default's margin of one lead."""
    unit = default.margin_us
    lines = [
        f"1 is the margin of one lead by the default, {default.name}: {unit:.0f} µs",
        "| trees | rounds | margin of one lead | its reasons | reasons a second in batch | log loss | AUC |",
        "|---|---|---|---|---|---|---|",
    ]
    for choice in choices:
        gaps = [
            f"{mean:+.4f} ({i.low:+.4f} to {i.high:+.4f})" for mean, i in differences[choice.name].values()
        ]
        gaps = ["–", "–"] if choice is default else [gap.replace("-", "−") for gap in gaps]
        cells = [
            f"**{choice.name}**" if choice is default else choice.name,
            str(choice.rounds),
            f"{choice.margin_us / unit:.1f}",
            f"{choice.reasons_us / unit:.1f}",
            f"{choice.per_second:,.0f}",
            *gaps,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def signed(mean: float, ends: Interval) -> str:
    """A difference and its interval, as docs/results.md writes them."""
    return f"{mean:+.4f} ({ends.low:+.4f} to {ends.high:+.4f})".replace("-", "−")
