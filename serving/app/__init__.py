"""The page at /app: an export dropped by a person, seen matched, and given back scored."""

from serving.visit import gone_to, page_at, sent_form, shown, sorry, visitor

__all__ = ["gone_to", "page_at", "sent_form", "shown", "sorry", "visitor"]
