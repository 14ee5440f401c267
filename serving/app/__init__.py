"""The page at /app: an export dropped by a person, seen matched, and given back scored."""

from serving.app.answers import check_token, gone_to, page_at, refusal_page, sent_form, shown, sorry, visitor
from serving.app.session import key_of_session, session_in

__all__ = [
    "check_token",
    "gone_to",
    "key_of_session",
    "page_at",
    "refusal_page",
    "sent_form",
    "session_in",
    "shown",
    "sorry",
    "visitor",
]
