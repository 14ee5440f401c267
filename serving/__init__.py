"""Layer 2: how columns become an answer. Who serves over HTTP imports `serving.edge.service`."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.answer import Ladder as Ladder
    from serving.answer import open_ladder as open_ladder
    from serving.api import LeadRequest as LeadRequest
    from serving.api import score_items as score_items
    from serving.artefact import Artefact as Artefact
    from serving.artefact import load_artefact as load_artefact
    from serving.batch import score_export as score_export
    from serving.registry import find_champion as find_champion
    from serving.rules import Rules as Rules
    from serving.rules import default_rules as default_rules
    from serving.score import Score as Score
    from serving.scorer import Scorer as Scorer

_PLACES = {
    "serving.answer": ["Ladder", "open_ladder"],
    "serving.artefact": ["Artefact", "load_artefact"],
    "serving.batch": ["score_export"],
    "serving.api": ["LeadRequest", "score_items"],
    "serving.registry": ["find_champion"],
    "serving.rules": ["Rules", "default_rules"],
    "serving.score": ["Score"],
    "serving.scorer": ["Scorer"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
