"""A chart of curves over a number, drawn for a desk and for a telephone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from serving.page.axes import (
    BLUE,
    PixelScale,
    apart,
    both,
    bottom_axis,
    drawing,
    left_axis,
    legend,
    line,
    mark,
    nice_ticks,
    tick_words,
    top_of,
    words,
)
from serving.page.markup import Markup, join, tag
from serving.page.words import Words, percent

_HEIGHTS = {"desk": 380.0, "phone": 320.0}
"""Height in px of curves for a desk and for a telephone."""


@dataclass(frozen=True)
class Curve:
    """Points of one curve; `low` and `high` are ends of intervals, drawn as bars; `mark` is a shape of
    `axes.SHAPES` that stands at every `every`-th point."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str = BLUE
    dash: str = ""
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    mark: str = ""
    thin: bool = False
    every: int = 1


def curves_chart(
    curves: Sequence[Curve],
    *,
    title: str,
    x_title: str,
    y_title: str,
    x_ticks: Sequence[tuple[float, str]] | None = None,
    x_words: Words = percent,
    y_words: Words = percent,
    y_top: float | None = None,
    size: tuple[float, float] | None = None,
) -> Markup:
    """Curves over a common x axis; y starts at zero. Without a `size` it is drawn for desk and telephone."""
    settings = (title, x_title, y_title, x_ticks, x_words, y_words, y_top)
    if size is not None:
        return _curves(curves, *settings, *size, "")
    return both(lambda width, kind: _curves(curves, *settings, width, _HEIGHTS[kind], kind))


def _curves(
    curves: Sequence[Curve],
    title: str,
    x_title: str,
    y_title: str,
    x_ticks: Sequence[tuple[float, str]] | None,
    x_words: Words,
    y_words: Words,
    y_top: float | None,
    width: float,
    height: float,
    kind: str,
) -> Markup:
    """`curves_chart` in `width` × `height` px."""
    key, taken = legend([(c.name, _sample(c)) for c in curves if c.name], 0, 20, width)
    top, bottom, left, right = 30 + taken, height - 44, 52.0, width - 28
    xs = [value for curve in curves for value in curve.x]
    ys = [value for curve in curves for value in (*curve.y, *(curve.high or ()))]
    ends = (min(xs, default=0.0), max(xs, default=1.0))
    across = PixelScale(*ends, left, right)
    up = PixelScale(0.0, y_top or top_of(ys), bottom, top)
    most = max(3, min(6, int((bottom - top) / 28)))
    ticks = x_ticks or tick_words(nice_ticks(*ends), x_words)
    parts = [
        words(0, 12, y_title),
        key,
        left_axis(up, left, tick_words(nice_ticks(0, up.high, most), y_words), right),
        bottom_axis(across, bottom, apart(ticks, across), x_title, top),
        *[_drawn(curve, across, up) for curve in curves],
    ]
    return drawing(width, height, title, *parts, kind=kind)


def _sample(curve: Curve) -> Markup:
    drawn = line(0, 5, 28, 5, curve.colour, 1 if curve.thin else 2, curve.dash)
    return join([drawn, mark(14, 5, curve.colour, curve.mark) if curve.mark else None])


def _drawn(curve: Curve, across: PixelScale, up: PixelScale) -> Markup:
    places = [
        (across.at(x), up.at(y))
        for x, y in zip(curve.x, curve.y, strict=True)
        if math.isfinite(x) and math.isfinite(y)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    stroke = {"stroke": curve.colour, "stroke_width": "1" if curve.thin else "2"}
    parts = [tag("polyline", points=path, fill="none", stroke_dasharray=curve.dash or None, **stroke)]
    if curve.low is not None and curve.high is not None:
        for x, low, high in zip(curve.x, curve.low, curve.high, strict=True):
            if math.isfinite(low) and math.isfinite(high):
                parts.append(line(across.at(x), up.at(low), across.at(x), up.at(high), curve.colour, 1.5))
    if curve.mark:
        parts += [mark(x, y, curve.colour, curve.mark) for x, y in places[curve.every - 1 :: curve.every]]
    return join(parts)
