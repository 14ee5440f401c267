"""What a score says in words, in each language that people read."""

from serving.words.facts import FactReader, Moments
from serving.words.grades import action_reason, grade_note
from serving.words.language import catalogue, language_of
from serving.words.rates import FEWEST_LEADS, Counted, ObservedRates, SignalRates, states_of
from serving.words.signals import LeadSignal
from serving.words.translation import document_in, figures, translated
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
    "action_reason",
    "catalogue",
    "document_in",
    "figures",
    "grade_note",
    "language_of",
    "states_of",
    "translated",
]
