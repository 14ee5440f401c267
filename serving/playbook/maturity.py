"""Cold, warm, hot: from the probability, and from what a lead has asked for (froid, tiède, chaud).

The model ranks; people who ask to be contacted are answered whatever it thinks, and one download says too
little. What a person has decided goes before both, until it expires.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.catalogue import EventCount, Feature, Recency
from features.clock import from_us
from features.columns import Columns, n_leads
from features.recipe import Recipe
from serving.asked import Decided
from serving.score import Maturity, Override

ASKED_WORDS = (
    "demo", "quote", "quotation", "proposal", "contact_sales", "contact_us", "contact_request", "callback",
    "call_back", "call_me", "appointment", "book_a", "devis", "rappel", "rendez_vous", "rdv",
)  # fmt: skip
"""A kind of event that means intent and is called so asks to be contacted."""
LONE_WORDS = (
    "download", "white", "ebook", "e_book", "brochure", "guide", "telecharg", "livre_blanc", "checklist",
)  # fmt: skip
"""A kind of event that means interest and is called so says little alone."""
NO_SHOW_WORDS = ("no_show", "noshow", "missed_meeting", "absent", "lapin")
UNSUBSCRIBE_WORDS = ("unsubscrib", "opt_out", "optout", "desabon", "desinscri")


@dataclass(frozen=True)
class Wish:
    """What a lead's own actions say beside the probability: it asked for contact; one download is all."""

    asked: bool = False
    lone: bool = False


_WISHES = {(asked, lone): Wish(asked, lone) for asked in (False, True) for lone in (False, True)}


@dataclass(frozen=True)
class MaturityBand:
    """A maturity, and why it is not that of the probability ('' where it is)."""

    maturity: Maturity
    because: str = ""


def band_of(
    by_probability: Maturity, wish: Wish, excluded_by: Sequence[str] = (), decided: Decided | None = None
) -> MaturityBand:
    """The maturity of an open lead: a person's decision, else exclusion, else its wish, else its probability.

    `decided` is a decision that holds at this moment, None where there is none.
    """
    if decided is not None:
        return MaturityBand(decided.maturity, f"decided by {decided.by}: {decided.reason}")
    if excluded_by:
        because = f"excluded by the scorecard: {', '.join(excluded_by)}"
        return MaturityBand("cold", because if by_probability != "cold" else "")
    if wish.asked:
        return MaturityBand("hot", "asked to be contacted" if by_probability != "hot" else "")
    if wish.lone:
        return MaturityBand("cold", "one download is all that it did" if by_probability != "cold" else "")
    return MaturityBand(by_probability)


def override_of(held: Decided | None, computed: Maturity) -> Override | None:
    """The decision that a maturity follows, beside what it would be without; None where nobody decided."""
    if held is None:
        return None
    until = from_us(held.until_us)
    return Override(maturity=held.maturity, computed=computed, by=held.by, reason=held.reason, until=until)


@dataclass(frozen=True)
class Wishes:
    """Reads what leads asked for from the columns of its `features`."""

    recipe: Recipe

    @property
    def features(self) -> tuple[Feature, ...]:
        """The newest request for contact, the number of own actions and of downloads."""
        counts = (self._lone, self._own) if self._lone is not None else ()
        return tuple(feature for feature in (self._asked, *counts) if feature is not None)

    def read(self, columns: Columns) -> list[Wish]:
        """The wish of each lead; none where events were not given."""
        rows = n_leads(columns)
        asked, lone = np.zeros(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
        if self._asked is not None:
            ages = np.asarray(columns[self._asked.name], dtype=np.float64)
            asked = ages <= self.recipe.bands.asked_days  # NaN, never asked, is not
        if self._lone is not None and self._own is not None:
            downloads, own = (
                np.asarray(columns[count.name], dtype=np.float64) for count in (self._lone, self._own)
            )
            lone = (downloads == 1) & (own == 1)
        return [_WISHES[told] for told in zip(asked.tolist(), lone.tolist(), strict=True)]

    @cached_property
    def asked_kinds(self) -> tuple[str, ...]:
        """The kinds of event that ask to be contacted: as the recipe names them, else by meaning and name."""
        named = self.recipe.bands.asked
        return self._called("intent", ASKED_WORDS) if named is None else named

    @cached_property
    def lone_kinds(self) -> tuple[str, ...]:
        """The kinds of event of which one alone says little."""
        named = self.recipe.bands.lone
        return self._called("interest", LONE_WORDS) if named is None else named

    def _called(self, meaning: str, words: tuple[str, ...]) -> tuple[str, ...]:
        declared = self.recipe.events.kinds if self.recipe.events else {}
        return tuple(kind for kind, means in declared.items() if means == meaning and is_called(kind, words))

    @cached_property
    def _asked(self) -> Recency | None:
        return Recency(self.asked_kinds, called="asked for contact") if self.asked_kinds else None

    @cached_property
    def _lone(self) -> EventCount | None:
        return EventCount(self.lone_kinds, called="downloads alone") if self.lone_kinds else None

    @cached_property
    def _own(self) -> EventCount | None:
        declared = self.recipe.events.kinds if self.recipe.events else {}
        kinds = tuple(kind for kind, means in declared.items() if means in ("interest", "intent"))
        return EventCount(kinds, called="own actions") if kinds else None


def is_called(kind: str, words: Sequence[str]) -> bool:
    """Whether a kind of event has one of `words` in its name, accents and separators aside.

    >>> is_called("Demande de Démo", ("demo",)), is_called("call-back", ("call_back",))
    (True, True)
    """
    name = "".join(letter for letter in unicodedata.normalize("NFKD", kind) if letter.isascii()).casefold()
    name = name.replace(" ", "_").replace("-", "_")
    return any(word in name for word in words)
