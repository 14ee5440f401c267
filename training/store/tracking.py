"""Runs, versions and aliases in MLflow: the only file of training that knows it."""

from __future__ import annotations

import io
import json
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from features.catalogue import Feature
from features.errors import LeadscoreError
from serving.artefact import DIGEST_TAG, artefact_digest
from serving.registry import (
    SQLITE,
    connect,
    newest_run,
    patient,
    read_or_ask,
    require_writable,
    run_json,
    shown_store,
    signature_of,
    store_address,
    unusable,
    versions_under,
)
from training.store.run_card import RunCard

CHAMPION, PREVIOUS, CHALLENGER = "champion", "previous", "challenger"

REPORT = "report.html"
"""The file's name among a run's artefacts."""

NAME_TAG = "leadscore.name"
DECISION = "decision.json"
EVIDENCE = "evidence.json"
JUDGED = "judged"

_NEEDED = ("numpy", "pandas", "pydantic", "lightgbm", "ibis-framework", "duckdb", "scipy", "mlflow")
"""What the logged model needs to load elsewhere; written down instead of inferred, which takes minutes."""


@dataclass(frozen=True)
class Record:
    """What one run leaves in the store; `folder` holds the files that become its artefacts."""

    name: str
    card: RunCard
    folder: Path
    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    served: Path | None
    features: Sequence[Feature]


@dataclass(frozen=True)
class Version:
    """A registered version and the run that made it."""

    name: str
    number: str
    run_id: str
    created_ms: int


def log_run(record: Record) -> tuple[str, Version | None]:
    """Write `record` to the store; the run's id, and the version registered when there is a model to serve.

    Raises:
        LeadscoreError: the store cannot be written, or it kept the model without its signature.
    """
    import mlflow

    with _told("cannot be written"), _quiet(), patient():
        mlflow.set_tracking_uri(store_address())
        mlflow.set_registry_uri(store_address())
        card = record.card
        with mlflow.start_run(
            experiment_id=_experiment(record.name), run_name=card.name, description=card.description
        ) as run:
            mlflow.set_tags({NAME_TAG: record.name, **card.tags})
            client().log_inputs(run.info.run_id, [_tables(record)])
            mlflow.log_params(dict(record.params))
            mlflow.log_metrics(dict(record.metrics))
            mlflow.log_artifacts(str(record.folder))
            number = _log_model(record) if record.served is not None else None
        run_id = str(run.info.run_id)
    return run_id, None if number is None else version(record.name, number)


def require_store(name: str) -> None:
    """Whether a run of `name` can be recorded: better known before the work than after it.

    Raises:
        LeadscoreError: the store cannot be written, or does not answer.
    """
    address = store_address()
    require_writable(address)
    if not address.startswith(SQLITE):
        with _told("cannot be read"), _quiet():
            client().get_experiment_by_name(name)


def _log_model(record: Record) -> str:
    """Log the served artefact as a model from code, with our loader; returns its version number."""
    import mlflow

    info = mlflow.pyfunc.log_model(
        name="model",
        python_model=_source("serving.registry.mlflow_loader"),
        artifacts={"artefact": str(record.served)},
        signature=signature_of(record.features),
        code_paths=[str(Path(_source(package)).parent) for package in ("features", "serving")],
        pip_requirements=[f"{name}=={version_of(name)}" for name in _NEEDED],
        registered_model_name=record.name,
    )
    if mlflow.models.get_model_info(info.model_uri).signature is None:
        raise LeadscoreError(
            f"{shown_store()}: kept the model of '{record.name}' without its signature.",
            "Upgrade MLflow on the server; a model without a signature accepts permuted columns.",
        )
    number = str(info.registered_model_version)
    _describe(record, number)
    return number


def _describe(record: Record, number: str) -> None:
    """Give a registered version the words and tags of its run, and the digest of its artefact."""
    assert record.served is not None
    asked = client()
    asked.update_model_version(record.name, number, record.card.description)
    for key, value in {**record.card.tags, DIGEST_TAG: artefact_digest(record.served)}.items():
        asked.set_model_version_tag(record.name, number, key, value)


def _tables(record: Record) -> Any:
    """The tables of the run as MLflow's data set: name, digest and the source as the recipe gives it."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    card = record.card
    tables = Dataset(name=record.name, digest=card.digest, source_type="recipe", source=card.source)
    return DatasetInput(tables, [InputTag("mlflow.data.context", "training")])


def version(name: str, number: str) -> Version:
    """The registered version `number` of `name`."""
    with _told("cannot be read"):
        return _versioned(name, client().get_model_version(name, number))


def _versioned(name: str, found: Any) -> Version:
    """A version as MLflow has it, in our words."""
    return Version(name, str(found.version), str(found.run_id), int(found.creation_timestamp))


def version_of_run(name: str, run_id: str | None) -> Version | None:
    """The version that `run_id` made (the newest one without it), or None."""
    with _told("cannot be read"):
        found = client().search_model_versions(f"name='{name}'", max_results=1000)
    kept = [v for v in found if run_id in (None, v.run_id)]
    newest = max(kept, key=lambda v: int(v.version), default=None)
    return None if newest is None else _versioned(name, newest)


def alias(name: str, label: str) -> Version | None:
    """The version under an alias, or None."""

    def read() -> Version | None:
        found = [
            Version(name, version.number, version.run_id, version.created_ms)
            for version in versions_under(store_address(), label, name)
        ]
        return found[0] if found else None

    return read_or_ask(read, lambda: _asked_alias(name, label))


def _asked_alias(name: str, label: str) -> Version | None:
    """As `alias`, by MLflow."""
    from mlflow.exceptions import MlflowException

    with _told("cannot be read"):
        try:
            found = client().get_model_version_by_alias(name, label)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise
        return _versioned(name, found)


def set_alias(name: str, label: str, to: Version) -> None:
    """Move an alias: one atomic write."""
    with _told("cannot be written"):
        client().set_registered_model_alias(name, label, to.number)


def drop_alias(name: str, label: str) -> None:
    """Remove an alias that is there."""
    with _told("cannot be written"):
        client().delete_registered_model_alias(name, label)


def read_json(run_id: str, path: str) -> Any:
    """A JSON artefact of a run, or None where the run has none."""
    return read_or_ask(lambda: run_json(store_address(), run_id, path), lambda: _asked_json(run_id, path))


def _asked_json(run_id: str, path: str) -> Any:
    """As `read_json`, by MLflow."""
    with _told("cannot be read"), TemporaryDirectory() as folder, _quiet():
        found = client().list_artifacts(run_id, str(Path(path).parent).replace(".", ""))
        if path not in {item.path for item in found}:
            return None
        local = client().download_artifacts(run_id, path, folder)
        return json.loads(Path(local).read_text(encoding="utf-8"))


def write_json(run_id: str, path: str, content: Mapping[str, Any]) -> None:
    """Write a JSON artefact of a run; one of that name is replaced."""
    with _told("cannot be written"), _quiet():
        client().log_text(run_id, json.dumps(content, indent=1) + "\n", path)


def fetch_folder(run_id: str, path: str, into: Path) -> Path | None:
    """An artefact folder of a run, copied below `into`; None where the run has none."""
    with _told("cannot be read"), _quiet():
        if not client().list_artifacts(run_id, path):
            return None
        return Path(client().download_artifacts(run_id, path, str(into)))


def last_run(name: str) -> str | None:
    """The id of the newest run of `name`, None where there is none."""
    return read_or_ask(lambda: newest_run(store_address(), name), lambda: _asked_last_run(name))


def _asked_last_run(name: str) -> str | None:
    """As `last_run`, by MLflow."""
    with _told("cannot be read"):
        experiment = client().get_experiment_by_name(name)
        if experiment is None:
            return None
        found = client().search_runs(
            [experiment.experiment_id], order_by=["attributes.start_time DESC"], max_results=1
        )
    return str(found[0].info.run_id) if found else None


def client() -> Any:
    """A client of the store; a SQLite store is made when it is not there."""
    from mlflow import MlflowClient

    with _quiet():
        return connect(store_address(), MlflowClient)


def store_exists() -> bool:
    """Whether asking the store would not have to make it first."""
    address = store_address()
    return not address.startswith(SQLITE) or Path(address.removeprefix(SQLITE)).exists()


def _experiment(name: str) -> str:
    """The id of the experiment called `name`; beside a SQLite file its artefacts stand beside that file."""
    found = client().get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    address = store_address()
    beside = Path(address.removeprefix("sqlite:///")).parent / "mlartifacts" / name
    location = beside.as_uri() if address.startswith("sqlite:///") else None
    return str(client().create_experiment(name, artifact_location=location))


def _source(module: str) -> str:
    """The file of a module, found without running it."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    return spec.origin


@contextmanager
def _told(what: str) -> Iterator[None]:
    """MLflow's errors in our words, with the store's address."""
    try:
        yield
    except LeadscoreError:
        raise
    except Exception as error:  # MLflow's own, its database's, its server's
        raise unusable(store_address(), what, error) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without MLflow's and Alembic's talk (log lines, bars, hints); what goes wrong is raised anyway."""
    loggers = [logging.getLogger(name) for name in ("mlflow", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with redirect_stderr(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
