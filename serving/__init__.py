"""Layer 2: how columns become an answer. Who serves over HTTP imports `serving.service`."""

from serving.artefact import Artefact, load_artefact, save_artefact
from serving.batch import BatchSummary, score_export
from serving.checksums import DamagedError
from serving.envelope import LeadRequest, score_items
from serving.ladder import Ladder
from serving.manifest import Manifest
from serving.opening import Opened, open_ladder
from serving.registry import find_champion
from serving.rules import Rules
from serving.rules_default import default_rules
from serving.rules_file import load_rules
from serving.score import Score
from serving.scorer import Contributions, Scorer
from serving.store import StoreError

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
