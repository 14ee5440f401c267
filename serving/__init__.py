"""Layer 2: how columns become an answer. Who serves over HTTP imports `serving.edge.service`."""

from serving.answer.ladder import Ladder
from serving.answer.opening import Opened, open_ladder
from serving.artefact.checksums import DamagedError
from serving.artefact.folder import Artefact, load_artefact, save_artefact
from serving.artefact.manifest import Manifest
from serving.batch.export import BatchSummary, score_export
from serving.edge.envelope import LeadRequest, score_items
from serving.registry.store import StoreError
from serving.registry.versions import find_champion
from serving.rules.default import default_rules
from serving.rules.file import load_rules
from serving.rules.rules import Rules
from serving.score import Score
from serving.scorer import Contributions, Scorer

__all__ = [
    "Artefact",
    "BatchSummary",
    "Contributions",
    "DamagedError",
    "Ladder",
    "LeadRequest",
    "Manifest",
    "Opened",
    "Rules",
    "Score",
    "Scorer",
    "StoreError",
    "default_rules",
    "find_champion",
    "load_artefact",
    "load_rules",
    "open_ladder",
    "save_artefact",
    "score_export",
    "score_items",
]
