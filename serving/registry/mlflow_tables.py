"""What a local SQLite store of MLflow says, read with sqlite3: importing MLflow takes longer than scoring.

Only tables of a revision whose reading was compared with MLflow's own are read. Whatever else is met (another
revision, workspaces, artefacts that are not local, a broken or locked file) is `Unanswered`: MLflow is asked.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit
from urllib.request import url2pathname

from serving.artefact.checksums import DIGEST_TAG
from serving.registry.store import SQLITE

REVISIONS = frozenset({"dc11669786a5"})
"""Of `alembic_version`, in MLflow 3.17. One is added when test_store_read_directly.py passes with it."""
_WAIT_SECONDS = 3
_REST_SECONDS = 30.0
_WORKSPACES = ("MLFLOW_ENABLE_WORKSPACES", "MLFLOW_WORKSPACE")

T = TypeVar("T")


class Unanswered(Exception):
    """The tables are not those that are known here, or do not say it."""


@dataclass(frozen=True)
class RegisteredVersion:
    """A registered version: the run that made it, when, its artefact's digest (None: untold) and place."""

    name: str
    number: str
    run_id: str
    created_ms: int
    digest: str | None
    place: str


def read_or_ask(read: Callable[[], T], ask: Callable[[], T]) -> T:
    """What the tables say by `read`, else what MLflow says by `ask`."""
    with suppress(Unanswered):
        return read()
    return ask()


def versions_under(store: str, alias: str, name: str | None = None) -> list[RegisteredVersion]:
    """The versions under `alias`: of the model `name`, with None of every model, by name.

    Raises:
        Unanswered: ask MLflow.
    """
    if alias.lower() == "latest":  # MLflow's own word for the newest version
        raise Unanswered
    with _tables(store) as link:
        found = link.execute(_UNDER, {"alias": alias, "name": name}).fetchall()
        return [_version(link, row[0], row[1]) for row in found]


def version_numbered(store: str, name: str, number: str) -> RegisteredVersion:
    """The version `number` of the model `name`.

    Raises:
        Unanswered: ask MLflow.
    """
    if not re.fullmatch("[0-9]{1,9}", number):
        raise Unanswered
    with _tables(store) as link:
        return _version(link, name, int(number))


def newest_run(store: str, name: str) -> str | None:
    """The id of the newest run of the experiment `name`; None where it has none.

    Raises:
        Unanswered: ask MLflow.
    """
    with _tables(store) as link:
        stages = link.execute("SELECT lifecycle_stage FROM experiments WHERE name = ?", (name,)).fetchall()
        if any(stage != "active" for (stage,) in stages):
            raise Unanswered
        found = link.execute(_NEWEST, (name,)).fetchone()
        return None if found is None else str(found[0])


def run_json(store: str, run_id: str, path: str) -> Any:
    """A JSON artefact of a run; None where the run has none.

    Raises:
        Unanswered: ask MLflow.
    """
    file = run_folder(store, run_id) / path
    try:
        return json.loads(file.read_text(encoding="utf-8")) if file.exists() else None
    except (OSError, ValueError):
        raise Unanswered from None


def just_begun(store: str) -> bool:
    """Whether a local store is being made or brought forward now: to ask MLflow would do it twice."""
    path = Path(store.removeprefix(SQLITE))
    try:
        if not store.startswith(SQLITE) or time.time() - path.stat().st_mtime > _REST_SECONDS:
            return False
        with _tables(store):
            return False
    except (OSError, Unanswered):
        return path.exists()


def run_folder(store: str, run_id: str) -> Path:
    """The folder of a run's artefacts.

    Raises:
        Unanswered: ask MLflow.
    """
    with _tables(store) as link:
        found = link.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run_id,)).fetchone()
    return local_folder(found[0] if found else None)


def local_folder(place: str | None) -> Path:
    """The folder that MLflow's address of artefacts names, `file:///…` or an absolute path.

    Raises:
        Unanswered: it is not a folder of this machine.
    """
    parts = urlsplit(place or "")
    plain = not parts.scheme and not set(place or "") & set("%?#")
    path = Path(url2pathname(parts.path))
    if not (parts.scheme == "file" or plain) or parts.netloc or parts.query or parts.fragment:
        raise Unanswered
    if not path.is_absolute() or not path.is_dir():
        raise Unanswered
    return path


_PROMPTS = "(SELECT name FROM registered_model_tags WHERE key = 'mlflow.prompt.is_prompt' AND value = 'true')"
"""MLflow keeps prompts among the models; its search over all models leaves them out."""
_UNDER = f"""
SELECT name, version FROM registered_model_aliases
WHERE alias = :alias AND name = coalesce(:name, name) AND (:name IS NOT NULL OR name NOT IN {_PROMPTS})
ORDER BY name
"""
_VERSION = f"""
SELECT run_id, creation_time, coalesce(nullif(storage_location, ''), source) FROM model_versions
WHERE name = ? AND version = ? AND current_stage != 'Deleted_Internal' AND name NOT IN {_PROMPTS}
"""
_DIGEST = "SELECT value FROM model_version_tags WHERE name = ? AND version = ? AND key = ?"
_NEWEST = """
SELECT run_uuid FROM runs JOIN experiments USING (experiment_id)
WHERE experiments.name = ? AND runs.lifecycle_stage = 'active'
ORDER BY start_time IS NULL, start_time DESC, run_uuid LIMIT 1
"""
_ELSEWHERE = """
SELECT 1 FROM registered_models WHERE workspace != 'default'
UNION ALL SELECT 1 FROM experiments WHERE workspace != 'default' LIMIT 1
"""


def _version(link: sqlite3.Connection, name: str, number: int) -> RegisteredVersion:
    row = link.execute(_VERSION, (name, number)).fetchone()
    if row is None or row[1] is None or not row[2]:
        raise Unanswered
    digest = link.execute(_DIGEST, (name, number, DIGEST_TAG)).fetchone()
    return RegisteredVersion(name, str(number), str(row[0]), int(row[1]), digest and digest[0], str(row[2]))


@contextmanager
def _tables(store: str) -> Iterator[sqlite3.Connection]:
    """The tables of a local store, read only, once it is sure that they are known.

    Raises:
        Unanswered: they are not, or there are none.
    """
    path = store.removeprefix(SQLITE)
    if path == store or any(os.environ.get(name) for name in _WORKSPACES):
        raise Unanswered
    try:
        address = f"file:{quote(path)}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS)) as link:
            revisions = {row[0] for row in link.execute("SELECT version_num FROM alembic_version")}
            if len(revisions) != 1 or not revisions <= REVISIONS or link.execute(_ELSEWHERE).fetchone():
                raise Unanswered
            yield link
    except sqlite3.Error:
        raise Unanswered from None
