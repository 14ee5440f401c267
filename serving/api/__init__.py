"""What is asked of the service and answered: leads scored, facts sent to the ledger and read from it."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.api.documents import api_document as api_document
    from serving.api.envelope import LeadRequest as LeadRequest
    from serving.api.envelope import read_item as read_item
    from serving.api.envelope import score_items as score_items
    from serving.api.problems import refused as refused
    from serving.api.scoring import MOST_LEADS as MOST_LEADS
    from serving.api.scoring import named_by as named_by
    from serving.wire.sent_json import parse_body as parse_body

_PLACES = {
    "serving.api.documents": ["api_document"],
    "serving.api.envelope": ["LeadRequest", "read_item", "score_items"],
    "serving.api.problems": ["refused"],
    "serving.api.scoring": ["MOST_LEADS", "named_by"],
    "serving.wire.sent_json": ["parse_body"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
