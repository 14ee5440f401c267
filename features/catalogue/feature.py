"""The one thing that a feature is, and the kinds of it that there are."""

from __future__ import annotations

from typing import Annotated, Any, Protocol, TypeAlias

from pydantic import Field

from features.catalogue.accounts import AccountCount
from features.catalogue.events import DecayedCount, EventCount, FirstEventDelay, Recency, ValueTotal
from features.catalogue.fields import Answers, DateAge, DateGap, FieldValue, Filled, SameTouch
from features.catalogue.members import Dtype, GroupName
from features.catalogue.naming import days_text, window_label
from features.catalogue.patterns import ActiveDays, DistinctKinds, EdgeKind, LongestStreak, Trend
from features.catalogue.row import Row
from features.catalogue.shares import Activity, EventShare, WorkingShare
from features.catalogue.texts import DomainKind, KeywordGroup, SameCompany
from features.catalogue.times import CompanyAge, DateDay, LeadAge, WallClock
from features.lead import Lead, Tally


class Feature(Protocol):
    """A declared column of the matrix: frozen, hashable, equal when declared alike.

    `expr` and `value` are two readings of the same definition and give equal values for the same lead at the
    same moment (a law of the tests); account features have the first alone. Numbers are finite, or missing:
    NaN in memory, NULL in an engine. Categories are str or None.
    """

    @property
    def name(self) -> str: ...

    @property
    def dtype(self) -> Dtype: ...

    @property
    def label(self) -> str: ...

    @property
    def group(self) -> GroupName: ...

    @property
    def missing(self) -> str:
        """When there is no value, in words that finish 'missing …'."""
        ...

    @property
    def tallies(self) -> tuple[Tally, ...]: ...

    def describe(self) -> str:
        """The definition in words: what, window, missing policy."""
        ...

    def expr(self, row: Row) -> Any:
        """The Ibis expression over a table of moments."""
        ...

    def value(self, lead: Lead) -> Any:
        """The value for one lead in memory."""
        ...


DeclaredFeature: TypeAlias = Annotated[
    EventCount
    | DecayedCount
    | Recency
    | ValueTotal
    | FirstEventDelay
    | DistinctKinds
    | ActiveDays
    | LongestStreak
    | Trend
    | EdgeKind
    | EventShare
    | WorkingShare
    | FieldValue
    | KeywordGroup
    | DomainKind
    | SameCompany
    | Filled
    | DateAge
    | DateGap
    | DateDay
    | CompanyAge
    | SameTouch
    | Answers
    | LeadAge
    | WallClock
    | AccountCount
    | Activity,
    Field(discriminator="type"),
]


def window_of(feature: Feature) -> str:
    """The look-back of a feature in words: 'last 30 days', 'ever', or 'none' where it looks at no events."""
    if not feature.tallies and not hasattr(feature, "window_days"):
        return "none"
    if (half_life := getattr(feature, "half_life_days", None)) is not None:
        return f"ever, fading by half every {days_text(half_life)} days"
    return window_label(getattr(feature, "window_days", None) or getattr(feature, "days", None))
