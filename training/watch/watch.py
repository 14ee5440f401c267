"""One watch: the champion and a company's tables held against their own past."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from features.clock import from_us
from features.errors import LeadscoreError
from features.progress import Step, tell
from features.recipe import Recipe
from features.tables import Place, Tables, read_tables
from serving.answer import Opened
from serving.ledger import LedgerTables
from training.watch.answers import (
    answer_looks,
    answers_of,
    calibration_of,
    expected_of,
    protected_notes,
)
from training.watch.found import Alarm, CalibrationRow, Expected, Looked, LookRow, WatchResult, judged
from training.watch.inputs import input_looks, not_watched
from training.watch.kept import columns_kept, ledger_looks, ledger_notes
from training.watch.names import new_names
from training.watch.periods import FEWEST_PERIODS, Periods

FALSE_ALARMS = 0.01
"""The chance that a watch of a company where nothing changed gives any alarm."""
DAYS = 30.0


def watch(
    recipe: Recipe,
    place: Place,
    opened: Opened,
    *,
    as_of_us: int | None = None,
    days: float = DAYS,
    level: float = FALSE_ALARMS,
    progress: Step | None = None,
) -> WatchResult:
    """Hold the newest `days` before `as_of_us` (default: the end of the history) against the periods before.

    `opened` is what answers, by its own recipe. Periods are as long as the newest, twelve at most. All looks
    together give a false alarm with a chance of at most `level` (Holm): that is what `p` is compared with.

    Raises:
        LeadscoreError: a table cannot be read, or leads have no dates of creation.
    """
    if not opened.ladder.recipe.dated:
        raise LeadscoreError(
            "the recipe names no date of creation, so nothing can be held against its past.",
            "Name it: [lead] created_at.",
        )
    used = opened.ladder.recipe
    tables = read_tables(used, place, progress=progress, clock_us=as_of_us)
    periods = Periods.of(used, tables, as_of_us or _end(recipe, used, tables), days)
    found = WatchResult(
        name=used.name,
        as_of=from_us(periods.end_us).astimezone(ZoneInfo(used.recipe.zone)).isoformat(),
        days=days,
        periods=periods.n,
        false_alarms=level,
        answers=f"{opened.rung} {opened.version}".strip(),
        data_hash=tables.hash,
    )
    if len(periods.past) < FEWEST_PERIODS:
        note = (
            f"too young to watch: {FEWEST_PERIODS} periods of {days:g} days before the newest are needed; "
            f"there are {len(periods.past)}; wait, or watch shorter ones (--days)"
        )
        return found.model_copy(update={"notes": (note, *periods.hole_notes())})
    seen = _Seen.of(recipe, periods, opened, place, progress)
    looks = judged(seen.looks, level)
    told = {
        "alarms": tuple(_alarm(look) for look in looks if look.alarm),
        "looks": tuple(_row(look) for look in looks),
        "calibration": tuple(seen.calibration),
        "expected": seen.expected,
        "notes": tuple(seen.notes),
    }
    return found.model_copy(update=told)


@dataclass(frozen=True)
class _Seen:
    looks: list[Looked]
    calibration: list[CalibrationRow]
    expected: Expected | None
    notes: list[str]

    @classmethod
    def of(
        cls, recipe: Recipe, periods: Periods, opened: Opened, place: Place, progress: Step | None
    ) -> _Seen:
        """Everything that is looked at, before it is known what is an alarm."""
        kept = place if isinstance(place, LedgerTables) else None
        tell(progress, "looking at what came in")
        new = new_names(periods, columns_kept(kept, periods) if kept else None)
        looks = list(input_looks(periods, new))
        tell(progress, "asking what answers about each lead")
        answers = answers_of(periods, opened, kept.opted_out() if kept else frozenset())
        looks += answer_looks(answers)
        rows = list(calibration_of(answers))
        looks += [look for _, look in rows if look is not None]
        notes = [*periods.hole_notes(), *new.notes(), *not_watched(periods)]
        notes += protected_notes(recipe, answers)
        if kept is not None:
            tell(progress, "reading what was answered")
            looks += ledger_looks(kept, periods, opened)
            notes += ledger_notes(kept, periods)
        if not any(not row.learned for row, _ in rows):
            notes.append(_no_calibration(opened))
        return cls(looks, [row for row, _ in rows], expected_of(answers), notes)


def _end(recipe: Recipe, used: Recipe, tables: Tables) -> int:
    """The end of the history: what the champion's recipe declared was that of its training."""
    same = recipe.split.history_end == used.split.history_end
    return tables.end_us if same else tables.end.newest_us


def _no_calibration(opened: Opened) -> str:
    if opened.rung == "rules":
        return "no model answers, so no probability is held against outcomes: train and promote one"
    return (
        "calibration is not known yet: the champion has learned from every outcome that has matured; what "
        "comes after its history is looked at once it has matured"
    )


def _alarm(look: Looked) -> Alarm:
    return Alarm(subject=look.subject, about=look.about, words=look.what, remedy=look.remedy, p=look.p)


def _row(look: Looked) -> LookRow:
    return LookRow(
        subject=look.subject, about=look.about, before=look.before, now=look.now, measure=look.measure,
        p=look.p, alarm=look.alarm,
    )  # fmt: skip
