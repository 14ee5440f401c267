"""Who looks at a page, signed in by a key, and how a page or a refusal is answered."""

from serving.visit.answers import (
    check_token,
    gone_to,
    page_at,
    refusal_page,
    sent_form,
    sent_name,
    shown,
    sorry,
    visitor,
)
from serving.visit.session import key_of_session, session_in

__all__ = [
    "check_token",
    "gone_to",
    "key_of_session",
    "page_at",
    "refusal_page",
    "sent_form",
    "sent_name",
    "session_in",
    "shown",
    "sorry",
    "visitor",
]
