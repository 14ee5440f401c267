"""Drawings of the pages: how scores are spread, and how one lead's chance came about."""

from __future__ import annotations

from collections.abc import Sequence

from serving.app.told import MATURITIES, maturity_words
from serving.page import Markup, Visitor, tag
from serving.page.axes import PixelScale, both, bottom_axis, drawing, left_axis, legend, nice_ticks, words

COLOURS = {"hot": "#D55E00", "warm": "#E69F00", "cold": "#5A9BD4", "": "#8C8C8C"}
"""Colours that colour-blind people tell apart; the names stand beside them."""
_HEIGHT, _LEFT = 190.0, 52.0
_FOR, _AGAINST = "#0072B2", "#D55E00"


def spread_chart(who: Visitor, bands: Sequence[tuple[int, str, int]]) -> Markup:
    """Rows by ten of the score, stacked by maturity."""
    counts = {(ten, maturity): count for ten, maturity, count in bands}
    totals = [sum(counts.get((ten, name), 0) for name in (*MATURITIES, "")) for ten in range(10)]
    told = ", ".join(f"{_band(ten)}: {who.count(total)}" for ten, total in enumerate(totals))
    label = who.say(
        f"How many leads have which score: {told}", f"Combien de prospects ont quel score : {told}"
    )
    names = [name for name in ("cold", "warm", "hot", "") if any(key[1] == name for key in counts)]

    def draw(width: float, kind: str) -> Markup:
        samples = [
            (maturity_words(who, name) or who.say("other", "autre"), _box(0, 1, 22, 9, COLOURS[name]))
            for name in names
        ]
        key, taken = legend(samples, _LEFT, 2, width)
        top, bottom = taken + 10, taken + _HEIGHT
        up = PixelScale(0, max([*totals, 1]) * 1.06, bottom, top)
        across = PixelScale(0, 10, _LEFT, width - 6)
        ticks = [(value, who.count(int(value))) for value in nice_ticks(0, up.high, 5) if value == int(value)]
        parts = [key, left_axis(up, _LEFT, ticks, width - 6)]
        for ten in range(10):
            base = 0
            for name in names:
                count = counts.get((ten, name), 0)
                left, right = across.at(ten) + 3, across.at(ten + 1) - 3
                parts.append(
                    _box(
                        left,
                        up.at(base + count),
                        right - left,
                        up.at(base) - up.at(base + count),
                        COLOURS[name],
                    )
                )
                base += count
            parts.append(
                words(
                    (across.at(ten) + across.at(ten + 1)) / 2,
                    bottom + 16,
                    _band(ten) if width > 500 else str(max(ten * 10, 1)),
                    "middle",
                    soft=True,
                )
            )
        parts.append(bottom_axis(across, bottom, [], "", bottom))
        parts.append(words((_LEFT + width) / 2, bottom + 36, who.say("score", "score"), "middle"))
        return drawing(width, bottom + 44, label, *parts, kind=kind)

    return both(draw)


def step_bar(low: float, high: float, start: float, end: float, label: str) -> Markup:
    """One step of a waterfall on an axis from `low` to `high`: from `start` to `end`."""
    across = PixelScale(low, high, 2, 258)
    left, right = sorted((across.at(start), across.at(end)))
    colour = _FOR if end >= start else _AGAINST
    zero = _box(across.at(start) - 0.5, 0, 1, 22, "#8C8C8C")
    tip = "M-5,-4 L2,0 L-5,4 Z" if end >= start else "M5,-4 L-2,0 L5,4 Z"
    arrow = tag("path", d=tip, fill=colour, transform=f"translate({across.at(end):.1f} 11)")
    return drawing(260, 22, label, zero, _box(left, 7, max(right - left, 1), 8, colour), arrow)


def chance_bar(share: float, maturity: str) -> Markup:
    """How long a chance is beside the highest one of a list; the number stands beside it."""
    drawn = [
        _box(0, 0, 72, 6, "#dddddd"),
        _box(0, 0, max(72 * share, 1), 6, COLOURS.get(maturity, COLOURS[""])),
    ]
    return tag(
        "svg", *drawn, width="72", height="6", viewBox="0 0 72 6", aria_hidden="true", class_="bar-of-chance"
    )


def _band(ten: int) -> str:
    return f"{max(ten * 10, 1)}–{ten * 10 + 9}"


def _box(x: float, y: float, width: float, height: float, colour: str) -> Markup:
    return tag("rect", x=f"{x:.1f}", y=f"{y:.1f}", width=f"{width:.1f}", height=f"{height:.1f}", fill=colour)
