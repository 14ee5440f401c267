"""The registry over a real SQLite store: champions found, fetched, and loaded by MLflow without pickle."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import LeadscoreError
from serving.answer.opening import open_ladder
from serving.artefact.folder import artefact_id, load_artefact, save_artefact
from serving.registry.store import shown
from serving.registry.versions import fetch, find_champion, resolve, signature_of, store_address
from serving.rules.default import default_rules
from tests.made import scorers

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # MLflow's own, of many kinds


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store with one registered version of Acme's model, as yet without an alias."""
    import mlflow

    folder = tmp_path_factory.mktemp("store")
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
        model = scorers.blend()
        save_artefact(folder / "artefact", scorers.manifest(), model, rules=default_rules(scorers.recipe()))
        mlflow.set_tracking_uri(store_address())
        mlflow.set_registry_uri(store_address())
        with mlflow.start_run():
            mlflow.pyfunc.log_model(
                name="model",
                python_model=str(Path(__file__).parents[2] / "serving" / "registry" / "mlflow_loader.py"),
                artifacts={"artefact": str(folder / "artefact")},
                signature=signature_of(model.features),
                pip_requirements=["lightgbm"],
                registered_model_name="acme",
            )
        yield folder
    os.chdir(before)


def promote(number: str) -> None:
    from mlflow import MlflowClient

    MlflowClient(store_address()).set_registered_model_alias("acme", "champion", number)


def test_the_address_of_the_store_is_absolute(store: Path) -> None:
    assert store_address() == f"sqlite:///{store}/mlflow.db"


def test_a_version_without_alias_is_no_champion(store: Path) -> None:
    assert find_champion("acme") is None
    assert find_champion("nobody") is None
    assert find_champion() is None


def test_a_champion_answers_under_its_version(store: Path) -> None:
    promote("1")
    opened = open_ladder(scorers.recipe())
    assert (opened.rung, opened.version, opened.warning) == ("model", "1", "")
    assert opened.source == f"models:/acme/1 in sqlite:///{store}/mlflow.db"
    assert open_ladder().version == "1"
    assert open_ladder(model="models:/acme@champion").version == "1"
    ref = resolve("models:/acme/1")
    assert ref is not None
    assert artefact_id(fetch(ref)) == artefact_id(store / "artefact")


def test_what_is_not_there_is_named_with_the_store(store: Path) -> None:
    with pytest.raises(LeadscoreError, match="models:/nobody@champion: is not in sqlite"):
        open_ladder(model="models:/nobody@champion")


def test_mlflow_loads_the_model_without_pickle_and_scores_alike(store: Path) -> None:
    import mlflow

    loaded = mlflow.pyfunc.load_model("models:/acme/1")
    artefact = load_artefact(store / "artefact")
    columns = scorers.columns(tuple(artefact.model.features), 30)
    answers = loaded.predict(pd.DataFrame(dict(columns), index=range(100, 130)))
    expected = artefact.model.probability(artefact.model.margin(columns))
    np.testing.assert_array_equal(answers["probability"].to_numpy(), expected)
    assert list(answers.index) == list(range(100, 130))
    assert answers["score"].between(1, 99).all()


def test_columns_are_matched_by_name_and_further_ones_are_left_out(store: Path) -> None:
    import mlflow

    loaded = mlflow.pyfunc.load_model("models:/acme/1")
    table = pd.DataFrame(dict(scorers.columns((scorers.SIZE, scorers.INDUSTRY), 30)))
    expected = loaded.predict(table)
    pd.testing.assert_frame_equal(loaded.predict(table[["industry", "company_size"]]), expected)
    pd.testing.assert_frame_equal(loaded.predict(table.assign(colour="red", size=1)), expected)


@pytest.mark.parametrize("lost", [["company_size"], ["industry"], ["company_size", "industry"]])
@pytest.mark.parametrize("misnamed", [True, False])
def test_an_absent_or_misnamed_column_is_an_error_with_both_names(
    store: Path, lost: list[str], misnamed: bool
) -> None:
    import mlflow

    loaded = mlflow.pyfunc.load_model("models:/acme/1")
    table = pd.DataFrame(dict(scorers.columns((scorers.SIZE, scorers.INDUSTRY), 30)))
    wrong = {name: name.title() for name in lost}
    given = table.rename(columns=wrong) if misnamed else table.drop(columns=lost).assign(other=1.0)
    with pytest.raises(mlflow.exceptions.MlflowException, match="missing inputs") as refused:
        loaded.predict(given)
    assert all(f"'{name}'" in str(refused.value) for name in lost)
    assert all((f"'{name}'" in str(refused.value)) is misnamed for name in wrong.values())
    with pytest.raises(LeadscoreError, match="the model was trained on 2 features, the table has") as diff:
        loaded.unwrap_python_model().predict(None, given)
    for name, other in wrong.items():
        nearest = f"   (nearest: {other})" if misnamed else ""
        assert f"  - {name}{nearest}\n" in f"{diff.value.problem}\n"


def test_values_may_be_missing_in_every_column(store: Path) -> None:
    import mlflow

    loaded = mlflow.pyfunc.load_model("models:/acme/1")
    nothing = pd.DataFrame({"company_size": [np.nan] * 3, "industry": pd.Series([None] * 3, dtype=object)})
    answers = loaded.predict(nothing)
    assert answers["probability"].between(0, 1).all()
    one = pd.DataFrame(dict(scorers.columns((scorers.SIZE, scorers.INDUSTRY), 1)))
    table = one.assign(company_size=np.nan)
    assert len(loaded.predict(table.assign(industry=None).astype({"industry": object}))) == 1


def test_an_edited_artefact_is_not_loaded_by_mlflow_either(store: Path, tmp_path: Path) -> None:
    import shutil

    import mlflow

    model = Path(shutil.copytree(mlflow.artifacts.download_artifacts("models:/acme/1"), tmp_path / "model"))
    (manifest,) = model.rglob("manifest.json")
    manifest.write_text(manifest.read_text().replace('"horizon_days": 30', '"horizon_days": 60'))
    with pytest.raises(Exception, match=r"manifest\.json is changed"):
        mlflow.pyfunc.load_model(str(model))


def test_a_column_of_another_type_is_refused_by_the_signature(store: Path) -> None:
    import mlflow

    loaded = mlflow.pyfunc.load_model("models:/acme/1")
    with pytest.raises(mlflow.exceptions.MlflowException, match="company_size"):
        loaded.predict(pd.DataFrame({"company_size": ["many"], "industry": ["retail"]}))


SECRET = "hush"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://sales:hush@h/d",
        "postgresql://sales:hu@hush@h/d",
        "postgresql://sales:hu/hush@h/d",
        "postgresql://sales:hush/hu@h:5432/d",
        "postgresql+psycopg://sales:hush?x@h/d",
        "postgresql://h/d?user=sales&password=hush",
        "postgresql://h/d?sslmode=require&sslpassword=hush#x",
        "https://hush@h/path",
        "http://sales:hush@h:5000",
        "http://h:5000/?access_token=hush",
        "HTTPS://hush@h",
    ],
)
def test_no_form_of_a_secret_in_an_address_is_shown(address: str) -> None:
    told = shown(address)
    assert SECRET not in told
    assert "***" in told
    assert "h" in told.rpartition("@")[2]


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:////srv/a@b:c@d/mlflow.db", "file:///srv/x@y", "/srv/runs", "http://h:5000", "https://h/path",
        "postgresql://sales@h/d", "postgresql://h/d?sslmode=require", "models:/acme@champion", "databricks",
    ],
)  # fmt: skip
def test_an_address_without_a_secret_is_shown_as_it_is(address: str) -> None:
    assert shown(address) == address
