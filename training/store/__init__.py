"""Runs, versions and aliases in MLflow; who is promoted."""

from training.store.champion import Rival, champion_of
from training.store.decision import Decision
from training.store.promotion import promote, rollback
from training.store.record import RECORD, record_run
from training.store.standing import Standing, Status, status
from training.store.tracking import REPORT, require_store

__all__ = [
    "RECORD",
    "REPORT",
    "Decision",
    "Rival",
    "Standing",
    "Status",
    "champion_of",
    "promote",
    "record_run",
    "require_store",
    "rollback",
    "status",
]
