"""What kinds of events mean for a purchase, by the words that name them; which make an end certain."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Floats
from features.leaks.certain import Implication, implication
from features.leaks.leaks import TRAINING_SHARE, oldest
from features.outcome import OutcomeColumn
from features.profiles import Company, TableProfile, plain, stage_column
from features.recipe.crm import EventMeaning

_KNOWS = 0.95

# The first that fits: "demo cancelled" is negative, "call attempt" is ours.
_WORDS: tuple[tuple[EventMeaning, str], ...] = (
    (
        "negative",
        "unsubscrib* bounce* spam complain* no_show noshow cancel* declin* opt_out refus* desabonn* "
        "desinscri* plainte annul* absent",
    ),
    (
        "contact",
        "call_attempt attempt call_made outbound email_sent mail_sent sent delivered task note voicemail sms "
        "appel relance envoy* tentative",
    ),
    (
        "intent",
        "demo* quote* devis pricing price prix tarif* trial essai request* demande* meeting* rdv rendez "
        "booked basket cart panier checkout offer* offre* proposal proposition contact_us reply replied "
        "repons* application",
    ),
    (
        "interest",
        "open* click* view* visit* form* download* webinar* page* session* register* subscri* newsletter "
        "event read watch* video search* ouvert* clic* visite* telecharg* inscri* login signup sign",
    ),
)
_KINDS = 200
_NEARLY_ALL = 0.8
_ALONE = "call calls phone_call phone_calls cold_call email emails e_mail e_mails mail mails letter message"
"""Names of what a CRM logs of its sellers' work, where they are the whole name: contact."""


def meaning(kind: str) -> EventMeaning:
    """The meaning of an event kind; neutral where no word tells.

    >>> meaning("Call"), meaning("callback requested")
    ('contact', 'intent')
    >>> meaning("demo_request"), meaning("e-mail opened"), meaning("meeting_no_show")
    ('intent', 'interest', 'negative')
    """
    text = plain(kind)
    told = next((found for found, words in _WORDS if _pattern(words).search(text)), None)
    return told or ("contact" if _pattern(_ALONE).fullmatch(text) else "neutral")


def _pattern(words: str) -> re.Pattern[str]:
    """One of `words`: '_' is a space, a final '*' any ending."""
    patterns = (word.replace("_", " ").replace("*", r"\w*") for word in words.split())
    return re.compile(rf"\b(?:{'|'.join(patterns)})\b")


def certain_kinds(
    of_lead: pd.Series, kinds: pd.Series, leads: pd.Series, won: Floats
) -> dict[str, Implication]:
    """Kind of event → how it makes a win certain, of the commonest `_KINDS` those that do.

    `of_lead` and `kinds` have one entry an event, `leads` and `won` (1 or 0) one a lead. A kind tells where
    so many of those who have it are won that a binomial bound says so, see `implication`: contracts,
    invoices, welcome mails, which follow an agreement and are logged before the win. What foretells a loss,
    such as an unsubscription, comes before it and stays. Where nearly all are won nothing can tell.
    """
    found: dict[str, Implication] = {}
    if not len(won) or won.mean() > _NEARLY_ALL:
        return found
    of_kind = of_lead.groupby(kinds)
    for name in kinds.value_counts().index[:_KINDS]:
        has = leads.isin(of_kind.get_group(name)).to_numpy().astype(np.float64)
        implied = implication(has, won, won=True)
        if implied is not None and implied.value == "yes":
            found[str(name)] = implied
    return found


def telling_kinds(company: Company, won: Floats, order: NDArray[np.float64]) -> dict[str, str]:
    """Kind of event → why it is the outcome under another name; see `certain_kinds`.

    `won` (n_leads,) is 1, 0 or NaN, `order` (n_leads,) sorts the leads in time; only the oldest three
    quarters are looked at.
    """
    events = company.kind("events")
    kind = None if events is None else stage_column(events.table, events.key)
    if events is None or kind is None:
        return {}
    side = oldest(order, TRAINING_SHARE) & ~np.isnan(won)
    leads, of_lead = company.leads.cells(events.lead_key)[side], events.table.cells(events.key)
    return {
        name: f"of {found.rows:,} leads that have it {found.rate:.0%} are won (at least "
        f"{found.bound:.0%}), of all leads {found.base:.0%}"
        for name, found in certain_kinds(of_lead, events.table.cells(kind), leads, won[side]).items()
    }


def plausible_ends(log: TableProfile, case: str, asked: OutcomeColumn) -> OutcomeColumn:
    """Losses are those that read so and that hardly any won case has: an offer may be declined on the way."""
    frame = pd.DataFrame({"case": log.cells(case), "kind": log.cells(asked.column)})
    won = set(frame.loc[frame["kind"].isin(asked.won), "case"])
    lost = tuple(
        value
        for value in asked.lost
        if frame.loc[frame["kind"] == value, "case"].isin(won).mean() <= 1 - _KNOWS
    )
    return replace(asked, lost=lost)


def disguised_kinds(frame: pd.DataFrame, ended: OutcomeColumn) -> list[str]:
    """Kinds of events that hardly any but won cases have."""
    cases = frame["case"].drop_duplicates()
    won = cases.isin(frame.loc[frame["kind"].isin(ended.won), "case"]).to_numpy().astype(np.float64)
    others = frame[~frame["kind"].isin({*ended.won, *ended.lost})]
    return list(certain_kinds(others["case"], others["kind"], cases, won))
