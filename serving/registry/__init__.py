"""Where artefacts are registered: the store of runs, asked without patience, and who is champion there."""

from serving.artefact.folder import artefact_within
from serving.registry.mlflow_tables import just_begun, newest_run, read_or_ask, run_json, versions_under
from serving.registry.store import SQLITE, StoreError, connect, patient, require_writable, unusable
from serving.registry.versions import (
    ChampionRef,
    fetch,
    find_champion,
    report_file,
    report_of_run,
    resolve,
    shown_store,
    signature_of,
    store_address,
)

__all__ = [
    "SQLITE",
    "ChampionRef",
    "StoreError",
    "artefact_within",
    "connect",
    "fetch",
    "find_champion",
    "just_begun",
    "newest_run",
    "patient",
    "read_or_ask",
    "report_file",
    "report_of_run",
    "require_writable",
    "resolve",
    "run_json",
    "shown_store",
    "signature_of",
    "store_address",
    "unusable",
    "versions_under",
]
