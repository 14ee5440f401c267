"""One run written to MLflow, with the model that it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from features.catalogue import Feature
from features.errors import LeadscoreError
from serving.artefact import DIGEST_TAG, artefact_digest
from serving.registry import patient, shown_store, signature_of, store_address
from training.store.run_card import RunCard
from training.store.tracking import NAME_TAG, Version, client, quiet, told, version

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


def log_run(record: Record) -> tuple[str, Version | None]:
    """Write `record` to the store; the run's id, and the version registered when there is a model to serve.

    Raises:
        LeadscoreError: the store cannot be written, or it kept the model without its signature.
    """
    import mlflow

    with told("cannot be written"), quiet(), patient():
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
