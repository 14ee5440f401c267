"""Every kind of feature with both readings side by side, and which of them a recipe gets."""

from features.catalogue.accounts import of_accounts
from features.catalogue.defaults import default_features, kinds_off
from features.catalogue.events import DecayedCount, EventCount, Recency
from features.catalogue.feature import Feature, window_of
from features.catalogue.fields import Answers, DateAge, FieldValue, answers_of
from features.catalogue.json import dump_features, load_features
from features.catalogue.keywords import FUNCTION, SENIORITY
from features.catalogue.naming import kinds_label
from features.catalogue.patterns import ActiveDays
from features.catalogue.shares import Activity, of_activity
from features.catalogue.texts import DomainKind, KeywordGroup
from features.catalogue.times import LeadAge, WallClock
from features.lead.activity import ActivityChain

__all__ = [
    "FUNCTION",
    "SENIORITY",
    "ActiveDays",
    "Activity",
    "ActivityChain",
    "Answers",
    "DateAge",
    "DecayedCount",
    "DomainKind",
    "EventCount",
    "Feature",
    "FieldValue",
    "KeywordGroup",
    "LeadAge",
    "Recency",
    "WallClock",
    "answers_of",
    "default_features",
    "dump_features",
    "kinds_label",
    "kinds_off",
    "load_features",
    "of_accounts",
    "of_activity",
    "window_of",
]
