"""What a score says in words, in each language that people read."""

from serving.words.facts import FactReader, Moments
from serving.words.grades import grade_note
from serving.words.language import language_of
from serving.words.rates import FEWEST_LEADS, Counted, ObservedRates, SignalRates, number_of, states_of
from serving.words.signals import LeadSignal
from serving.words.voice import Voice

__all__ = [
    "FEWEST_LEADS",
    "Counted",
    "FactReader",
    "LeadSignal",
    "Moments",
    "ObservedRates",
    "SignalRates",
    "Voice",
    "grade_note",
    "language_of",
    "number_of",
    "states_of",
]
