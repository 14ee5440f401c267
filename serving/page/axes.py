"""Axes of an inline SVG: scales, ticks, grid, legend. Lines differ in colour and in dashes, for paper."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from serving.page.markup import Markup, join, tag
from serving.page.words import Words, percent

BLUE, VERMILION, GREY, INK = "#0072B2", "#D55E00", "#8C8C8C", "#1a1a1a"
"""Two of Okabe and Ito's colours, which colour-blind people tell apart, and two greys."""
_RULE = "#dddddd"
_LETTER = 6.7
"""Width in px that a letter of the 12 px text takes on average; a little too much rather than too little."""

SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "disc": (), "ring": (),
    "square": ((-4, -4), (4, -4), (4, 4), (-4, 4)),
    "triangle": ((0, -5), (5, 4), (-5, 4)),
    "diamond": ((0, -6), (5, 0), (0, 6), (-5, 0)),
    "wedge": ((0, 5), (5, -4), (-5, -4)),
    "cross": ((-5, -3), (-3, -5), (0, -2), (3, -5), (5, -3), (2, 0), (5, 3), (3, 5), (0, 2), (-3, 5), (-5, 3),
              (-2, 0)),
}  # fmt: skip
"""Marks and their corners in px around the point; a disc and a ring have none."""


@dataclass(frozen=True)
class PixelScale:
    """Values `low`…`high` on pixels `start`…`end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of `value`, kept inside."""
        span = self.high - self.low
        share = 0.5 if span <= 0 else (value - self.low) / span
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def tick_words(values: Sequence[float], shown: Words) -> list[tuple[float, str]]:
    r"""Values with words, percentages all in the digits that the longest of them needs.

    >>> tick_words([0.0, 0.05, 0.1], percent)[1]
    (0.05, '5\xa0%')
    """
    if shown is not percent:
        return [(value, shown(value)) for value in values]
    return [(value, f"{100 * value:.6g}\N{NO-BREAK SPACE}%") for value in values]


def nice_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """At most `most` round values between `low` and `high`.

    >>> nice_ticks(0, 0.34)
    [0.0, 0.1, 0.2, 0.3]
    """
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    raw = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * unit for unit in (1, 2, 2.5, 5, 10) if power * unit >= raw * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * place, 12) for place in range(first, last + 1)] or [low]


def top_of(values: Sequence[float], floor: float = 0.0) -> float:
    """Where an axis from zero ends: a little above the greatest finite value."""
    greatest = max((value for value in values if math.isfinite(value)), default=0.0)
    return max(greatest * 1.05, floor, 1e-9)


WIDE, NARROW = 920.0, 340.0
"""Px across of a drawing that fills a page on a desk, and of one for a telephone."""


def both(draw: Callable[[float, str], Markup]) -> Markup:
    """What `draw(width, class)` draws for a desk and for a telephone; the page's style shows one of them."""
    return join([draw(WIDE, "desk"), draw(NARROW, "phone")])


def drawing(width: float, height: float, label: str, *parts: Markup | None, kind: str = "") -> Markup:
    """An SVG image of `width` × `height` px that says `label` to who cannot see it; `kind` is its class."""
    return tag(
        "svg", tag("title", label), *parts, xmlns="http://www.w3.org/2000/svg", role="img",
        width=f"{width:g}", height=f"{height:g}", viewBox=f"0 0 {width:g} {height:g}", aria_label=label,
        class_=kind or None,
    )  # fmt: skip


def line(
    x1: float, y1: float, x2: float, y2: float, colour: str = _RULE, width: float = 1, dash: str = ""
) -> Markup:
    """A straight line."""
    return tag(
        "line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", stroke=colour,
        stroke_width=f"{width:g}", stroke_dasharray=dash or None,
    )  # fmt: skip


def words(
    x: float,
    y: float,
    text: str,
    anchor: str = "start",
    *,
    soft: bool = False,
    room: float | None = None,
    own: bool = False,
) -> Markup:
    """A text with its baseline at `y`; longer than `room` px it is cut, and whole in its title.

    One of the company's `own` is never translated.
    """
    shown = text
    if room is not None and len(text) * _LETTER > room:
        shown = text[: max(int(room / _LETTER) - 1, 1)].rstrip() + "…"
    kept = "no" if own else None
    full = tag("title", text, translate=kept) if shown != text else None
    return tag(
        "text", shown, full, x=f"{x:.1f}", y=f"{y:.1f}", text_anchor=anchor if anchor != "start" else None,
        class_="soft" if soft else None, translate=kept,
    )  # fmt: skip


def width_of(text: str) -> float:
    """About how many px a text takes."""
    return len(text) * _LETTER


def dot(x: float, y: float, colour: str, *, radius: float = 4, hollow: bool = False) -> Markup:
    """A mark; hollow ones are told from full ones without colour."""
    return tag(
        "circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=f"{radius:g}", fill="#fff" if hollow else colour,
        stroke=colour, stroke_width="1.5",
    )  # fmt: skip


def mark(x: float, y: float, colour: str, shape: str) -> Markup:
    """A mark of one of `SHAPES`: curves that cross on paper without colour are told apart by it."""
    if shape in ("disc", "ring"):
        return dot(x, y, colour, hollow=shape == "ring")
    corners = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in SHAPES[shape])
    return tag("polygon", points=corners, fill=colour, stroke="#fff", stroke_width="0.5")


def bottom_axis(
    scale: PixelScale, y: float, ticks: Sequence[tuple[float, str]], title: str, top: float
) -> Markup:
    """Ticks with words below `y`, grid lines up to `top`, the axis' title below."""
    parts = [line(scale.at(value), top, scale.at(value), y) for value, _ in ticks]
    parts += [words(scale.at(value), y + 16, text, "middle", soft=True) for value, text in ticks]
    parts += [line(scale.start, y, scale.end, y, INK)]
    parts += [words((scale.start + scale.end) / 2, y + 34, title, "middle")] if title else []
    return join(parts)


def left_axis(scale: PixelScale, x: float, ticks: Sequence[tuple[float, str]], right: float) -> Markup:
    """Ticks with words left of `x`, grid lines to `right`; `scale` runs from the bottom to the top."""
    parts = [line(x, scale.at(value), right, scale.at(value)) for value, _ in ticks]
    parts += [words(x - 6, scale.at(value) + 4, text, "end", soft=True) for value, text in ticks]
    return join(parts)


def legend(entries: Sequence[tuple[str, Markup]], x: float, y: float, until: float) -> tuple[Markup, float]:
    """Samples (each drawn in a box of 28 × 10 px at 0, 0) with names, in rows; and the height taken."""
    parts, across, down = [], x, y
    for name, sample in entries:
        wide = 34 + width_of(name) + 14
        if across > x and across + wide > until:
            across, down = x, down + 18
        parts.append(tag("g", sample, words(34, 9, name), transform=f"translate({across:.1f} {down:.1f})"))
        across += wide
    return join(parts), down - y + 18 if entries else 0.0


def apart(ticks: Sequence[tuple[float, str]], scale: PixelScale) -> list[tuple[float, str]]:
    """Ticks whose words do not touch; of a dense axis every second, third … one."""
    widest = max((width_of(text) for _, text in ticks), default=0.0) + 8
    room = abs(scale.end - scale.start) / max(len(ticks) - 1, 1)
    return list(ticks[:: max(1, math.ceil(widest / max(room, 1e-9)))])
