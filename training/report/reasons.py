"""What the model looks at: how much each subject moves the answers, and in which direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature, WallClock
from features.columns import Column, Floats
from features.language import Language
from serving.page import Child, Markup, ValueRow, figure, own, paragraph, plain, rows_chart, section, table
from serving.scorer import Contributions
from serving.words import LeadSignal, Voice, catalogue, figures, translated
from training.figures import FEWEST
from training.report.input import ReportInput
from training.report.told import told_table

_SHOWN = 20
_FELT = 0.005
"""Log-odds below this are shown as zero, so they are not shown."""


@dataclass(frozen=True)
class Subject:
    """A field or a set of events: the mean |part of the margin| in log-odds, and what its loudest does."""

    label: str
    members: int
    strength: float
    loudest: str
    direction: str
    signal: LeadSignal


def reasons_section(run: ReportInput) -> Markup:
    """Bars of mean |contribution| for the strongest subjects, with their directions beside them."""
    assert run.contributions is not None
    found = subjects(run)
    chart = rows_chart(
        [ValueRow(subject.label, subject.strength, own=True) for subject in found[:_SHOWN]],
        title="Mean absolute contribution of each subject", value_words=plain, bars=True,
        label_room=300,
    )  # fmt: skip
    words = (
        "Length: how far a subject moves an answer on average, in log-odds (0.7 doubles or halves the "
        "odds), over "
        f"{len(run.contributions.bias):,} test rows. Features that look at the same subject are added before."
    )
    rows: list[list[Child]] = [
        [own(s.label), s.members, f"{s.strength:.3f}", s.loudest, own(s.direction)] for s in found[:_SHOWN]
    ]
    rest = found[_SHOWN:]
    left = f"{len(rest)} more subjects move answers by {sum(s.strength for s in rest):.3f} in all."
    return section(
        "reasons",
        "What the model looks at",
        paragraph(_most(found)),
        figure(chart, words),
        table(["subject", "features", "strength", "its loudest feature", "what raises or lowers it"], rows),
        paragraph(left, soft=True) if rest else None,
        told_table(run, [subject.signal for subject in found[:_SHOWN]]),
    )


def _most(found: list[Subject]) -> str:
    """The three strongest subjects in a sentence."""
    names = [subject.label for subject in found[:3]]
    if not names:
        return "No subject moves the answers."
    return f"Answers are moved most by {'; '.join(names)}. Each lead's own reasons come with its score."


def subjects(run: ReportInput) -> list[Subject]:
    """All subjects, strongest first."""
    parts, voice = run.contributions, run.voice
    assert parts is not None
    assert voice is not None
    members: dict[int, list[int]] = {}
    for place, name in enumerate(parts.names):
        members.setdefault(voice.signal_of[name], []).append(place)
    found = [_subject(run, parts, places, voice.signals[at], voice) for at, places in members.items()]
    return sorted(found, key=lambda subject: (-subject.strength, subject.label))


def _subject(
    run: ReportInput, parts: Contributions, places: list[int], signal: LeadSignal, voice: Voice
) -> Subject:
    loudest = max(places, key=lambda place: float(np.abs(parts.values[:, place]).mean()))
    feature = run.features[parts.names[loudest]]
    total = parts.values[:, places].sum(axis=1)
    words = direction(feature, run.explained[feature.name], total, voice.language)
    label = voice.teller.called(signal)
    strength = float(np.abs(total).mean())
    label = label[:1].upper() + label[1:]
    return Subject(label, len(places), strength, feature.label, words, signal)


def direction(feature: Feature, column: Column, part: Floats, language: Language = "en") -> str:
    """What raises and what lowers the answer: levels of a category, or more or less of a number.

    It is told in `language`: levels are the company's words, in which nothing may be translated later.
    """
    known = np.array([value is not None and value == value for value in column], dtype=bool)
    absent = _absent(part[~known], language)
    if feature.dtype == "category":
        return ", ".join(filter(None, [_levels(column[known], part[known], language), absent]))
    values = column[known].astype(np.float64)
    along = _periods(feature, values, part[known], language) if isinstance(feature, WallClock) else None
    along = translated(_trend(values, part[known]), language) if along is None else along
    return ", ".join(filter(None, [along, absent]))


def _periods(clock: WallClock, values: Floats, part: Floats, language: Language) -> str:
    """What hours, days or months raise and lower: a clock goes round, there is no more or less of it."""
    if clock.part not in ("hour", "weekday", "month"):
        return translated("by season: the year goes round", language)
    if np.ptp(part) < _FELT:
        return ""
    told = np.array([_period(clock.part, int(value), language) for value in values], dtype=object)
    return _levels(told, part, language)


def _period(part: str, value: int, language: Language) -> str:
    """A value of a clock, hours by three."""
    if part == "hour":
        first = value // 3 * 3
        return translated(f"{first}–{first + 3} o'clock", language)
    dates = catalogue(language)["dates"]
    return str(dates["weekdays"][value] if part == "weekday" else dates["months"][value - 1])


def _absent(part: Floats, language: Language) -> str:
    """What an empty cell does, where there are enough of them and it does something."""
    if len(part) < FEWEST or abs(float(part.mean())) < _FELT:
        return ""
    return _effect(translated("not known", language), float(part.mean()), language)


def _trend(values: Floats, part: Floats) -> str:
    """More of it raises, lowers, or neither: by the rank correlation of value and part."""
    if len(values) < FEWEST or np.ptp(values) == 0 or np.ptp(part) < 1e-9:
        return ""
    from scipy.stats import spearmanr

    rank = float(spearmanr(values, part).statistic)
    return "more raises it" if rank > 0.3 else "more lowers it" if rank < -0.3 else "not in one direction"


def _levels(levels: NDArray[np.generic], part: Floats, language: Language) -> str:
    """The level that raises most and the one that lowers most, of those with enough rows."""
    names, codes, counts = np.unique(levels.astype(str), return_inverse=True, return_counts=True)
    means = np.bincount(codes, part, minlength=len(names)) / np.maximum(counts, 1)
    kept = [i for i in range(len(names)) if counts[i] >= FEWEST]
    if not kept:
        return ""
    best, worst = max(kept, key=lambda i: means[i]), min(kept, key=lambda i: means[i])
    shown = [best] if best == worst else [best, worst]
    return ", ".join(_effect(str(names[i]), float(means[i]), language) for i in shown)


def _effect(name: str, mean: float, language: Language) -> str:
    """A level and the log-odds that it adds, with a minus sign that is told from a hyphen."""
    sign = "+" if mean >= 0 else "−"
    return f"{name} {sign}{figures(f'{abs(mean):.2f}', language)}"
