"""Who contacts a lead: whose account or territory it is, else by share or load; never who has left.

By share the same lead goes to the same owner every day without a list being kept: owners are drawn by a
hash of the account (of the lead where none is known), weighted by their shares: rendezvous hashing (Thaler
and Ravishankar 1998). Somebody new takes over only what becomes theirs. By load a lead goes to whom has the
fewest open leads for their share, and stays there once the CRM or the ledger says so.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from serving.agreed.book import Owner, Playbook


@dataclass(frozen=True)
class Claim:
    """What routing looks at: the lead, its account and territory, and the owner that it has.

    `counts`: it is work for its owner, and counts among their open leads. `contacted`: it was today already.
    """

    lead_id: str
    account: str | None = None
    territory: str | None = None
    owner: str | None = None
    counts: bool = True
    contacted: bool = False


@dataclass(frozen=True)
class Routed:
    """The owner (None: the playbook names none who could), and why not the one that it had, '' else.

    `given`: the lead had no owner, and has one from now on.
    """

    owner: str | None
    note: str = ""
    given: bool = False


NOBODY_FREE = "nobody is free: each has as many open leads as they may"


@dataclass
class Router:
    """Routes leads on `today`, the most urgent first.

    `taken` counts the contacts of the day by owner, `held` their open leads, `of_account` says who has an
    account already.
    """

    book: Playbook
    today: date
    taken: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    of_account: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begun(cls, book: Playbook, today: date, claims: Iterable[Claim]) -> Router:
        """With the open leads that each owner has before anything is given, and today's contacts made."""
        router = cls(book, today)
        here = [owner for owner in book.owner if owner.here(today)]
        for claim in claims:
            kept, _ = router._kept(claim, here)
            if claim.contacted and (by := kept or router._chosen(claim, here)) is not None:
                router.taken[by.name] += 1
            if kept is not None and claim.counts:
                router.held[kept.name] += 1
                if claim.account:
                    router.of_account.setdefault(claim.account.casefold(), kept.name)
        return router

    def route(self, claim: Claim, *, contact: bool) -> Routed:
        """The owner of a lead; one who is away keeps it unless it is to be contacted today."""
        present = [owner for owner in self.book.owner if owner.here(self.today)]
        able = [owner for owner in present if not contact or owner.present(self.today)]
        kept, note = self._kept(claim, able)
        chosen = kept or self._chosen(claim, able)
        if chosen is None:
            why = NOBODY_FREE if able else "nobody is here today" if self.book.owner else ""
            return Routed(None, "; ".join(part for part in (note, why) if part))
        if contact:
            self.taken[chosen.name] += 1
        if kept is None and claim.counts:
            self.held[chosen.name] += 1
            if claim.account:
                self.of_account.setdefault(claim.account.casefold(), chosen.name)
        return Routed(chosen.name, note, given=kept is None)

    def full(self, name: str) -> bool:
        """Whether an owner has all the contacts that they can make in a day."""
        owner = self._by_name.get(name.casefold())
        return owner is not None and owner.per_day is not None and self.taken[name] >= owner.per_day

    def laden(self, owner: Owner) -> bool:
        """Whether an owner has all the open leads that they may have."""
        return owner.most_open is not None and self.held[owner.name] >= owner.most_open

    def _kept(self, claim: Claim, able: Sequence[Owner]) -> tuple[Owner | None, str]:
        """The owner that it has, where they may keep it; else what is to be said of them."""
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
        """By account, then territory, then share or load; of those who have room, as long as somebody has.

        None where nobody is able, or each of those whom it could go to has all that they may have.
        """
        account, territory = (claim.account or "").casefold(), (claim.territory or "").casefold()
        of_account = [one for one in able if account and account in _folded(one.accounts)]
        if self.book.routing.by == "load" and account and not of_account:
            of_account = [one for one in able if one.name == self.of_account.get(account)]
        of_territory = [one for one in able if territory and territory in _folded(one.territories)]
        free = [one for one in able if not one.territories and one.share > 0]
        group = of_account or of_territory or free or [one for one in able if one.share > 0]
        light = of_account or [one for one in group if not self.laden(one)]
        roomy = [one for one in light if not self.full(one.name)]
        drawn = [(self._load(one), _draw(claim.account or claim.lead_id, one), one.name, one)
                 for one in roomy or light]  # fmt: skip
        return max(drawn, key=lambda one: one[:3])[3] if drawn else None

    def _load(self, owner: Owner) -> float:
        """Minus the open leads over the share, where leads go by load; who has no share is last."""
        if self.book.routing.by == "share":
            return 0.0
        return -(self.held[owner.name] + 1) / owner.share if owner.share > 0 else -math.inf

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
