"""The model registry, read only: which version is champion, and its artefact as a local folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.catalogue import Feature
from features.errors import LeadscoreError
from features.language import Language
from serving.artefact import DIGEST_TAG
from serving.artefact.folder import artefact_within
from serving.registry.mlflow_tables import (
    RegisteredVersion,
    Unanswered,
    local_folder,
    read_or_ask,
    run_folder,
    run_json,
    version_numbered,
    versions_under,
)
from serving.registry.store import SQLITE, connect, shown, unusable

CHAMPION = "champion"


@dataclass(frozen=True)
class ChampionRef:
    """A registered version under the alias `champion`, and the absolute address of its store."""

    name: str
    version: str
    run_id: str
    store: str
    digest: str | None = None
    """What the registry knows of the artefact's content (see `checksums`); None: nothing."""

    @property
    def uri(self) -> str:
        """What MLflow calls it."""
        return f"models:/{self.name}/{self.version}"


def store_address() -> str:
    """The tracking store: `MLFLOW_TRACKING_URI`, else `mlflow.db` here, as an absolute address."""
    address = os.environ.get("MLFLOW_TRACKING_URI") or "sqlite:///mlflow.db"
    if address.startswith(SQLITE):
        return SQLITE + str(Path(address.removeprefix(SQLITE)).absolute())
    return address if "://" in address or ":" in address else str(Path(address).absolute())


def shown_store() -> str:
    """The tracking store's address as it may be printed and kept: without its password."""
    return shown(store_address())


def find_champion(name: str | None = None, alias: str = CHAMPION) -> ChampionRef | None:
    """The champion called `name`, or with None the only one that the store has beside those of its recipe's
    milestones; None where there is none.

    Another `alias`, such as `challenger`, is looked for in the same way.

    A SQLite store that does not exist is not made.

    Raises:
        StoreError: the store cannot be read.
        LeadscoreError: it has several champions and no `name` chooses.
    """
    store = store_address()
    if store.startswith(SQLITE) and not Path(store.removeprefix(SQLITE)).exists():
        return None
    champions = read_or_ask(
        lambda: [_read(version, store) for version in versions_under(store, alias, name or None)],
        lambda: _asked_champions(store, name, alias),
    )
    champions = _without_milestones(champions) if len(champions) > 1 else champions
    if len(champions) > 1:
        names = ", ".join(sorted(ref.name for ref in champions))
        raise LeadscoreError(
            f"{shown(store)}: has several champions: {names}.", "Name one: --model models:/NAME@champion"
        )
    return champions[0] if champions else None


def _without_milestones(champions: list[ChampionRef]) -> list[ChampionRef]:
    """Those that are no milestone's of another one, by the recipe that it was trained with."""
    steps = set[str]()
    for ref in champions:
        try:
            recipe = run_json(ref.store, ref.run_id, "recipe.json") or {}
        except Unanswered:
            continue
        steps |= {f"{ref.name}-{one['name']}" for one in recipe.get("milestone", [])}
    return [ref for ref in champions if ref.name not in steps]


def fetch(reference: ChampionRef | str | Path) -> Path:
    """The artefact's folder: of a champion, of a `models:/…` or `runs:/…` address, or the folder itself.

    Raises:
        StoreError: the store gives nothing under that address.
        LeadscoreError: there is no artefact in it.
    """
    address = reference.uri if isinstance(reference, ChampionRef) else str(reference)
    if ":/" not in address:
        return artefact_within(Path(address))
    return artefact_within(read_or_ask(lambda: _local_place(address), lambda: _download(address)))


def _local_place(address: str) -> Path:
    """The folder of a registered version whose artefact is on this machine, where it stands."""
    name, _, number = address.removeprefix("models:/").partition("/")
    if not address.startswith("models:/"):
        raise Unanswered
    return local_folder(version_numbered(store_address(), name, number).place)


def _download(address: str) -> Path:
    """The folder that MLflow gives for an address."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")  # stderr is for our own talk
    import mlflow

    mlflow.set_tracking_uri(store_address())
    mlflow.set_registry_uri(store_address())  # where it was found, whatever MLFLOW_REGISTRY_URI says
    try:
        folder = mlflow.artifacts.download_artifacts(artifact_uri=address)
    except Exception as error:
        if _is_absent(error) or not address.startswith(("models:/", "runs:/")):
            problem = f"{address}: cannot be fetched ({type(error).__name__}); the store is {shown_store()}."
            raise LeadscoreError(problem, "Check the name, and MLFLOW_TRACKING_URI.") from error
        raise unusable(store_address(), f"{address} cannot be fetched from it", error) from error
    return Path(folder)


def report_file(language: Language) -> str:
    """What the page of a run in `language` is called, beside the one in its recipe's."""
    return f"report.{language}.html"


def report_of_run(run_id: str, language: Language) -> Path | None:
    """The page of a run, in `language` if there is one, where it is on this machine, else None."""
    try:
        folder = run_folder(store_address(), run_id)
    except Unanswered:
        return None
    pages = (folder / name for name in (report_file(language), "report.html"))
    return next((path for path in pages if path.is_file()), None)


def resolve(address: str) -> ChampionRef | None:
    """Name and version of a `models:/NAME@ALIAS` or `models:/NAME/VERSION` address; None for others.

    Raises:
        StoreError: the store cannot be read.
        LeadscoreError: nothing is there under that address.
    """
    if not address.startswith("models:/"):
        return None
    store = store_address()
    name, at, alias = address.removeprefix("models:/").partition("@")
    name, _, number = (name, "", "") if at else name.partition("/")
    return read_or_ask(
        lambda: _read(
            _version_under(store, name, alias) if at else version_numbered(store, name, number), store
        ),
        lambda: _asked_version(address, name, alias, number),
    )


def _version_under(store: str, name: str, alias: str) -> RegisteredVersion:
    """The one version under an alias; where there is none, MLflow says so."""
    found = versions_under(store, alias, name)
    if len(found) != 1:
        raise Unanswered
    return found[0]


def _asked_version(address: str, name: str, alias: str, number: str) -> ChampionRef:
    """What MLflow has under an alias, or without one under a number."""
    store = store_address()
    client = _client(store)
    try:
        found = (
            client.get_model_version_by_alias(name, alias)
            if alias
            else client.get_model_version(name, number)
        )
    except Exception as error:
        if not _is_absent(error):
            raise unusable(store, f"{address} cannot be read from it", error) from error
        problem = f"{address}: is not in {shown(store)} ({type(error).__name__})."
        raise LeadscoreError(problem, "Check the name, and MLFLOW_TRACKING_URI.") from error
    return _reference(name, found, store)


def signature_of(features: Sequence[Feature]) -> Any:
    """The explicit MLflow signature of a scorer on its features.

    Numbers are doubles and categories strings. Every column is required, so that a misnamed one is told with
    the absent and the extra names and not scored as missing; its values may be missing, also all of them. An
    inferred signature would refuse integers that hold anything but 0 and 1.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    kinds = {"number": DataType.double, "category": DataType.string}
    columns = [ColSpec(kinds[feature.dtype], feature.name, required=True) for feature in features]
    out = [
        ColSpec(DataType.double, "probability"),
        ColSpec(DataType.long, "score"),
        ColSpec(DataType.string, "maturity"),
    ]
    return ModelSignature(inputs=Schema(columns), outputs=Schema(out))


def _client(store: str) -> Any:
    from mlflow import MlflowClient

    return connect(store, MlflowClient)


def _champion(client: Any, name: str, store: str, alias: str) -> ChampionRef:
    found = client.get_model_version_by_alias(name, alias)
    return _reference(name, found, store)


def _read(version: RegisteredVersion, store: str) -> ChampionRef:
    """A version as the tables have it, in our words."""
    return ChampionRef(version.name, version.number, version.run_id, store, version.digest)


def _reference(name: str, found: Any, store: str) -> ChampionRef:
    """A version as MLflow has it, in our words."""
    return ChampionRef(name, str(found.version), str(found.run_id), store, found.tags.get(DIGEST_TAG))


def _asked_champions(store: str, name: str | None, alias: str) -> list[ChampionRef]:
    """What MLflow has under an alias: of one model, or of all."""
    client = _client(store)
    try:
        if name:
            return [_champion(client, name, store, alias)]
        models = client.search_registered_models(max_results=1000)
        return [_champion(client, model.name, store, alias) for model in models if alias in model.aliases]
    except Exception as error:
        if _is_absent(error):
            return []
        raise unusable(store, "the model registry cannot be read", error) from error


def _is_absent(error: Exception) -> bool:
    """MLflow says 'no such model' and 'no such alias' by these codes."""
    code = getattr(error, "error_code", "")
    return code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")
