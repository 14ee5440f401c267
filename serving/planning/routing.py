"""Who contacts a lead: whose account or territory it is, else by share; never somebody who has left.

The same lead goes to the same owner every day without a list being kept: owners are drawn by a hash of the
account (of the lead where none is known), weighted by their shares: rendezvous hashing (Thaler and
Ravishankar 1998). Somebody new takes over only what becomes theirs.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from serving.agreed.book import Owner, Playbook


@dataclass(frozen=True)
class Claim:
    """What routing looks at: the lead, its account and territory, and the owner that the CRM names."""

    lead_id: str
    account: str | None = None
    territory: str | None = None
    owner: str | None = None


@dataclass(frozen=True)
class Routed:
    """The owner (None: the playbook names none who could), and why not the one of the CRM, '' else."""

    owner: str | None
    note: str = ""


@dataclass
class Router:
    """Routes leads on `today`, the most urgent first: `taken` counts the contacts of the day by owner."""

    book: Playbook
    today: date
    taken: Counter[str] = field(default_factory=Counter)

    def route(self, claim: Claim, *, contact: bool) -> Routed:
        """The owner of a lead; one who is away keeps it unless it is to be contacted today."""
        present = [owner for owner in self.book.owner if owner.here(self.today)]
        able = [owner for owner in present if not contact or owner.present(self.today)]
        kept, note = self._kept(claim, able, contact)
        if kept is None:
            kept = self._chosen(claim, able)
        if kept is None:
            return Routed(None, note or ("nobody is here today" if self.book.owner else ""))
        if contact:
            self.taken[kept.name] += 1
        return Routed(kept.name, note)

    def full(self, name: str) -> bool:
        """Whether an owner has all the contacts that they can make in a day."""
        owner = self._by_name.get(name.casefold())
        return owner is not None and owner.per_day is not None and self.taken[name] >= owner.per_day

    def _kept(self, claim: Claim, able: Sequence[Owner], contact: bool) -> tuple[Owner | None, str]:
        """The owner whom the CRM names, where they may have it; else what is to be said of them."""
        if not claim.owner or not self.book.owner:
            return None, ""
        known = self._by_name.get(claim.owner.strip().casefold())
        if known is None:
            return None, "its owner in the CRM is not in the playbook"
        if not known.here(self.today):
            return None, f"was {known.name}'s, who left"
        if known not in able:
            return None, f"is {known.name}'s, who is away"
        return known, ""

    def _chosen(self, claim: Claim, able: Sequence[Owner]) -> Owner | None:
        """By account, then territory, then share; of those who have room, as long as somebody has."""
        account, territory = (claim.account or "").casefold(), (claim.territory or "").casefold()
        of_account = [one for one in able if account and account in _folded(one.accounts)]
        of_territory = [one for one in able if territory and territory in _folded(one.territories)]
        free = [one for one in able if not one.territories and one.share > 0]
        group = of_account or of_territory or free or [one for one in able if one.share > 0]
        roomy = [one for one in group if not self.full(one.name)]
        drawn = [(_draw(claim.account or claim.lead_id, one), one.name, one) for one in roomy or group]
        return max(drawn, key=lambda one: one[:2])[2] if drawn else None

    @property
    def _by_name(self) -> Mapping[str, Owner]:
        return {owner.name.casefold(): owner for owner in self.book.owner}


def _folded(names: Sequence[str]) -> set[str]:
    return {name.casefold() for name in names}


def _draw(key: str, owner: Owner) -> float:
    """The owner's lot for a key: the greatest wins, in proportion to the shares."""
    digest = hashlib.sha256(f"{owner.name.casefold()}\x00{key}".encode()).digest()
    uniform = (int.from_bytes(digest[:8], "big") + 1) / (2**64 + 1)
    return -owner.share / math.log(uniform) if owner.share > 0 else 0.0
