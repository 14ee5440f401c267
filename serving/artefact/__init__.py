"""The folder that holds everything a served score needs, and whether it is whole."""

from serving.artefact.checksums import CHECKSUMS, DIGEST_TAG, DamagedError
from serving.artefact.folder import Artefact, artefact_digest, artefact_id, load_artefact, save_artefact
from serving.artefact.manifest import Manifest, RungName

__all__ = [
    "CHECKSUMS",
    "DIGEST_TAG",
    "Artefact",
    "DamagedError",
    "Manifest",
    "RungName",
    "artefact_digest",
    "artefact_id",
    "load_artefact",
    "save_artefact",
]
