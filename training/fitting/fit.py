"""Fits the chosen kind of model on given rows: the same code for the artefact judged and the one served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

from features.recipe import Training
from serving.scorers import Bayes, Blend, Linear, Model, TreeEncoder, Trees, line_columns, line_names
from training.bayes import fit_bayes
from training.fitting.boosting import Sample, fit_bag
from training.fitting.calendars import going_on
from training.fitting.level_rates import weighed_sample
from training.fitting.logistic import fit_linear
from training.fitting.moving_level import moved_by
from training.fitting.recency import recency
from training.fitting.settings import LinearChoice, Settings
from training.history import Excerpt

Seen = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]
"""What trees of one matrix see: the calendars that they do not, the pairs that they read together."""
Matrix = Callable[[Seen], tuple[TreeEncoder, Sample]]


def fit_model(excerpt: Excerpt, train: Training, settings: Settings) -> Model:
    """The model of `settings` fitted on the `excerpt`, with its calibration."""
    model = _fit_kind(excerpt, train, settings)
    if settings.follows:
        moved = moved_by(excerpt, model.margin(excerpt.columns))
        model = replace(model if isinstance(model, Blend) else Blend((model,)), shift=moved)
    return replace(model, calibration=settings.map.calibration)


def _fit_kind(excerpt: Excerpt, train: Training, settings: Settings) -> Linear | Trees | Blend:
    """The model of `settings` fitted on the `excerpt`, uncalibrated."""
    if settings.kind == "blend":
        return _fit_blend(excerpt, train, settings)
    matrix = partial(_matrix, excerpt, train, settings.half_life)
    if settings.kind == "trees":
        return _fit_trees(excerpt, train, settings, matrix)
    return _fit_beside(excerpt, train, settings, _fit_linear(excerpt, train, settings), matrix)


def _fit_beside(
    excerpt: Excerpt, train: Training, settings: Settings, linear: Linear, matrix: Matrix
) -> Linear | Trees:
    """The model of a kind that has a linear part, which is fitted already."""
    if settings.kind == "linear":
        return linear
    if settings.kind == "offset":
        return _fit_trees(excerpt, train, settings, matrix, offset=linear)
    return _fit_trees(excerpt, train, settings, matrix, line=linear)


def _matrix(
    excerpt: Excerpt, train: Training, half_life: float | None, trees: Seen
) -> tuple[TreeEncoder, Sample]:
    """The rows as trees are fitted on them."""
    calendars, pairs = trees
    return weighed_sample(excerpt.without(calendars), train.rare_level, half_life, pairs)


def _fit_blend(excerpt: Excerpt, train: Training, settings: Settings) -> Blend:
    """Every member of a blend; a linear part or a matrix that several have is made once."""
    grown = sum(share.kind not in ("linear", "bayes") for share in settings.members)
    train = train.model_copy(update={"bag": bag_of_each(train.bag, grown)})
    lines: dict[LinearChoice, Linear] = {}
    matrix = lru_cache(partial(_matrix, excerpt, train, settings.half_life))
    members: list[Linear | Trees | Blend | Bayes] = []
    for share in settings.members:
        own = replace(settings, kind=share.kind, linear=share.linear, trees=share.trees, members=())
        if share.kind == "bayes":
            members.append(_fit_rates(excerpt))
        elif share.kind == "trees":
            members.append(_fit_trees(excerpt, train, own, matrix))
        else:
            if share.linear not in lines:
                lines[share.linear] = _fit_linear(excerpt, train, own)
            members.append(_fit_beside(excerpt, train, own, lines[share.linear], matrix))
    return Blend(tuple(members), weights=tuple(share.weight for share in settings.members))


def bag_of_each(bag: int, grown: int) -> int:
    """Boosters of each of `grown` members with trees: as many together as one kind would have alone, since
    the members steady their mean as a bag does."""
    return max(1, bag // max(grown, 1))


def _fit_rates(excerpt: Excerpt) -> Bayes:
    """The shrunken rates of these rows."""
    read = (excerpt.features, excerpt.columns, excerpt.y, excerpt.repeating, excerpt.order)
    return fit_bayes(*read, version="")


def fit_logistic_model(excerpt: Excerpt, train: Training, settings: Settings) -> Linear:
    """Plain logistic regression on the `excerpt`, uncalibrated: the baseline."""
    roomy = going_on(excerpt, settings.trees.calendars)
    penalty, rare = settings.plain_penalty, train.rare_level
    columns, leads = excerpt.columns, excerpt.leads
    return fit_linear(excerpt.features, columns, excerpt.y, penalty, rare, calendars=roomy, leads=leads)


def _fit_linear(excerpt: Excerpt, train: Training, settings: Settings) -> Linear:
    """The linear part, by the penalty and the reading of numbers that the folds chose."""
    read = excerpt.without(settings.linear.left_out)
    return fit_linear(
        read.features,
        read.columns,
        read.y,
        settings.linear.penalty,
        train.rare_level,
        reading=settings.linear.reading,
        signs=read.signs,
        importance=recency(read, settings.half_life),
        calendars=going_on(read, settings.trees.calendars),
        leads=read.leads,
    )


def _fit_trees(
    excerpt: Excerpt,
    train: Training,
    settings: Settings,
    matrix: Matrix,
    offset: Linear | None = None,
    line: Linear | None = None,
) -> Trees:
    """A bag of boosters on all rows, with the rounds that the folds chose; they start from the margin of
    `offset` and read the columns of `line`. `matrix` makes the rows of what trees see."""
    seen = excerpt.without(settings.trees.calendars)
    encoder, sample = matrix((settings.trees.calendars, settings.trees.pairs))
    if offset is not None:
        sample = sample.starting(offset.margin(excerpt.reading(offset.features).columns))
    if line is not None:
        columns = line_columns(line, excerpt.reading(line.features).columns)
        sample = sample.reading(columns, line_names(line))
    boosters = fit_bag(sample, settings.trees.plan(train), settings.trees.all_rounds)
    parts = [*seen.features, *(offset.features if offset else ()), *(line.features if line else ())]
    union = {feature.name: feature for feature in parts}
    return Trees(tuple(union.values()), encoder, boosters, offset, line=line)
