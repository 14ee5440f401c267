"""What a kind of event means for a purchase, guessed from the words that name it (English and French)."""

from __future__ import annotations

import re

from features.profiles import plain
from features.recipe.crm import EventMeaning

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
