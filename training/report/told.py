"""How leads fared, in the words that reasons use: for each signal the leads that fared best and worst."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from serving.page import Child, Markup, join, own, paragraph, table, tag
from serving.words import FactReader, LeadSignal, Voice
from training.report.input import ReportInput

_WORDS = (
    "The words and rates of the reasons that come with a score. A rate is that of the leads of whom the same "
    "was true, each counted once, from the first moment at which it was; one of too few leads, or that "
    "chance explains, is not told."
)


def told_table(run: ReportInput, signals: Sequence[LeadSignal]) -> Markup | None:
    """A row a signal with the best and the worst that was told of the explained rows; None without rates."""
    voice = run.voice
    if voice is None or voice.rates is None:
        return None
    read = FactReader(run.explained, run.moments)
    rows: list[list[Child]] = []
    for signal in signals:
        best, worst = (_extreme(voice, signal, read, raises) for raises in (True, False))
        if best or worst:
            label = voice.teller.called(signal)
            told = (label[:1].upper() + label[1:], best or "–", worst or "–")
            rows.append([own(one) for one in told])
    if not rows:
        return None
    head = ["signal", "leads that fared best", "leads that fared worst"]
    return join([tag("h3", "How such leads fared"), paragraph(_WORDS), table(head, rows)])


def _extreme(voice: Voice, signal: LeadSignal, read: FactReader, raises: bool) -> str:
    """What is told of the leads that fared best (`raises`) or worst, in the commonest's words."""
    counted = Counter(read.facts(signal))
    told = [(voice.told(signal, facts, raises=raises), n) for facts, n in counted.items()]
    known = [(one.rate.rate if raises else -one.rate.rate, n, one.text) for one, n in told if one.rate]
    return max(known)[2] if known else ""
