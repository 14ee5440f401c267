"""The command as its users use it: a company, a run, a promotion, an export; real files, a real store."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from sklearn.metrics import log_loss, roc_auc_score

from data.simulator.company import EXPORT_END
from leadscore import main
from tests.made.company import RECIPE as SMALL
from tests.made.company import small_company

pytestmark = pytest.mark.slow

WHEN = EXPORT_END.isoformat()
SCORERS = {"base_rate", "newest_first", "rules", "logistic", "model", "limit"}
FIGURES = {
    "scorer", "auc", "average_precision", "log_loss", "brier", "ece", "slope", "observed_expected", "lift_10",
}  # fmt: skip


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def leadscore(folder: Path, *words: str) -> Done:
    """Run the command in `folder`, whose store is its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        patch.setenv("COLUMNS", "120")
        result = CliRunner().invoke(main, words)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def cells(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


def records(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acme")
    done = leadscore(
        folder, "simulate", "-o", ".", "--leads", "2500", "--seed", "3", "--export", "60", "--json"
    )
    assert done.code == 0, done.err
    assert done.json["leads"] > 2400
    return folder


@pytest.fixture(scope="module")
def trained(company: Path) -> dict[str, Any]:
    done = leadscore(
        company, "train", "recipe.toml", "--json", "--predictions", "test.parquet", "--report", "run.html"
    )
    summary: dict[str, Any] = done.json
    assert done.code == (0 if summary["verdict"] == "promote" else 1), done.err
    return summary


def test_train_says_no_with_its_exit_code(tmp_path: Path) -> None:
    small_company(tmp_path, 120, won_share=0.1)
    (tmp_path / "recipe.toml").write_text(SMALL)
    done = leadscore(tmp_path, "train", "recipe.toml", "--json")
    assert (done.code, done.json["verdict"]) == (1, "nothing_to_learn")


@pytest.fixture(scope="module")
def champion(company: Path, trained: dict[str, Any]) -> dict[str, Any]:
    done = leadscore(company, "promote", "acme", "--force", "--reason", "tests need a champion", "--json")
    assert done.code == 0, done.err
    decision: dict[str, Any] = done.json
    return decision


def score(company: Path, *words: str) -> Done:
    return leadscore(company, "score", "export.csv", "--events", "export_events.csv", "--as-of", WHEN, *words)


def test_before_any_training_the_rules_answer_and_the_last_line_says_so(
    tmp_path: Path, company: Path
) -> None:
    for name in ("export.csv", "export_events.csv", "recipe.toml"):
        (tmp_path / name).write_bytes((company / name).read_bytes())
    done = score(tmp_path, "-o", "scored.csv")
    assert done.code == 0, done.err
    assert "by rules" in done.err.strip().splitlines()[-1]
    assert "no champion" in done.err
    rows = records(tmp_path / "scored.csv")
    assert {row["ls_status"] for row in rows} <= {"uncalibrated", "opted_out"}
    assert not (tmp_path / "mlflow.db").exists()


def test_train_json_has_the_whole_of_the_result(trained: dict[str, Any]) -> None:
    assert {"run_id", "verdict", "horizon_days", "n_train", "n_train_leads", "n_test", "base_rate"} <= set(
        trained
    )
    assert {row["scorer"] for row in trained["comparison"]} >= SCORERS
    assert all(set(row) >= FIGURES for row in trained["comparison"])


def test_anyone_can_recompute_the_comparison(company: Path, trained: dict[str, Any]) -> None:
    rows = pd.read_parquet(company / "test.parquet")
    assert len(rows) == trained["n_test"]
    assert rows["outcome"].mean() == pytest.approx(trained["base_rate"])
    for row in trained["comparison"]:
        assert log_loss(rows["outcome"], rows[row["scorer"]]) == pytest.approx(row["log_loss"])
        assert roc_auc_score(rows["outcome"], rows[row["scorer"]]) == pytest.approx(row["auc"])


def test_a_run_has_a_page_that_people_read(company: Path, trained: dict[str, Any]) -> None:
    page = (company / "run.html").read_text()
    assert trained["verdict"] in page.lower()
    kept = {path.name for path in (company / "mlartifacts").rglob("*") if path.parent.name == "artifacts"}
    assert kept >= {"report.html", "gains.svg", "calibration.svg", "evidence.json", "summary.json"}
    assert not {name for name in kept if name.endswith(".png")}


def test_no_model_beats_the_limit_and_learning_beats_the_rules(trained: dict[str, Any]) -> None:
    loss = {row["scorer"]: row["log_loss"] for row in trained["comparison"]}
    assert loss["limit"] < loss["model"] < loss["rules"]


def test_an_export_comes_back_whole_in_order_and_scored(company: Path, champion: dict[str, Any]) -> None:
    done = score(company, "-o", "scored.csv", "--json")
    assert done.code == 0, done.err
    before = cells(company / "export.csv")
    after = cells(company / "scored.csv")
    assert [row[: len(before[0])] for row in after] == before
    assert done.json["rows"] == len(before) - 1
    assert set(done.json["rungs"]) <= {"model", "bayes"}, "which of the two, evidence decides"


def test_a_dry_run_writes_nothing(company: Path, champion: dict[str, Any]) -> None:
    done = score(company, "-o", "never.csv", "--dry-run")
    assert done.code == 0, done.err
    assert not (company / "never.csv").exists()


def test_scores_go_to_stdout_and_json_does_not_go_with_them(company: Path, champion: dict[str, Any]) -> None:
    done = score(company, "-o", "-")
    assert done.code == 0
    assert done.out == (company / "scored.csv").read_text()
    assert score(company, "-o", "-", "--json").code == 2


def test_a_bad_row_says_why_in_its_error_column_and_spoils_no_other(
    company: Path, champion: dict[str, Any]
) -> None:
    rows = records(company / "export.csv")
    rows[1]["company_size"] = "a lot"
    with (company / "bad.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    done = leadscore(
        company, "score", "bad.csv", "-o", "bad_scored.csv", "--events", "export_events.csv", "--as-of", WHEN
    )
    assert done.code == 3
    after = records(company / "bad_scored.csv")
    assert "company_size" in after[1]["error"]
    assert "a lot" not in after[1]["error"] + done.err
    good = records(company / "scored.csv")
    assert [r["ls_probability"] for i, r in enumerate(after) if i != 1] == [
        r["ls_probability"] for i, r in enumerate(good) if i != 1
    ]


def test_status_names_champion_store_and_who_would_answer(company: Path, champion: dict[str, Any]) -> None:
    found = leadscore(company, "status", "recipe.toml", "--json").json
    assert found["champion"]["version"] == champion["version"]
    assert found["champion"]["forced"] is True
    assert found["store"].endswith("mlflow.db")
    assert found["answers"].startswith("model")


def test_without_a_previous_champion_there_is_nothing_to_roll_back_to(
    company: Path, champion: dict[str, Any]
) -> None:
    done = leadscore(company, "rollback", "acme")
    assert done.code == 2
    assert "no previous champion" in done.err


def test_features_and_snapshots_describe_the_same_matrix(company: Path) -> None:
    names = [row["name"] for row in leadscore(company, "features", "recipe.toml", "--json").json]
    done = leadscore(company, "snapshots", "recipe.toml", "-o", "matrix.parquet", "--json")
    assert done.code == 0, done.err
    matrix = pd.read_parquet(company / "matrix.parquet")
    assert list(matrix.columns[-len(names) :]) == names
    assert {"lead_id", "as_of", "label", "label_known_at"} <= set(matrix.columns)
    assert len(matrix) == done.json["rows"]["snapshots"]


def test_open_leads_are_an_export_that_can_be_scored(company: Path, champion: dict[str, Any]) -> None:
    done = leadscore(
        company, "open-leads", "recipe.toml", "-o", "open.csv", "--events", "open_events.csv", "--json"
    )
    assert done.code == 0, done.err
    again = leadscore(
        company, "score", "open.csv", "-o", "open_scored.csv", "--events", "open_events.csv",
        "--as-of", done.json["as_of"], "--json",
    )  # fmt: skip
    assert again.code == 0, again.err
    assert again.json["rows"] == done.json["leads"] > 100
    assert set(again.json["statuses"]) <= {"scored", "opted_out"}


def test_an_unknown_verb_file_or_recipe_ends_with_two(tmp_path: Path) -> None:
    assert leadscore(tmp_path, "scroe").code == 2
    done = leadscore(tmp_path, "train", "nowhere.toml")
    assert done.code == 2
    assert "no such recipe" in done.err
    assert "leadscore init" in done.err
    assert "Traceback" not in done.err


def test_an_engine_that_is_not_known_ends_with_two_and_names_those_that_are(company: Path) -> None:
    done = leadscore(company, "snapshots", "recipe.toml", "-o", "never.parquet", "--engine", "abacus")
    assert done.code == 2
    assert "duckdb, spark" in done.err
    assert not (company / "never.parquet").exists()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # pyspark leaves sockets open
@pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs a Java on the machine")
def test_spark_writes_the_same_matrix(company: Path) -> None:
    pytest.importorskip("pyspark", reason="Spark is an extra: make extras")
    for engine in ("duckdb", "spark"):
        done = leadscore(company, "snapshots", "recipe.toml", "-o", f"{engine}.parquet", "--engine", engine)
        assert done.code == 0, done.err
    one, other = (pd.read_parquet(company / f"{engine}.parquet") for engine in ("duckdb", "spark"))
    pd.testing.assert_frame_equal(one, other, check_exact=True)


@pytest.mark.parametrize("span", ["5", "m", "fast", "-5m"])
def test_a_budget_that_is_no_span_of_time_ends_with_two(company: Path, span: str) -> None:
    done = leadscore(company, "train", "recipe.toml", "--budget", span)
    assert done.code == 2
    assert "90s, 5m or 1h" in done.err


def test_without_recipe_or_champion_a_recipe_is_inferred_and_printed(tmp_path: Path, company: Path) -> None:
    for name in ("export.csv", "export_events.csv"):
        (tmp_path / name).write_bytes((company / name).read_bytes())
    done = score(tmp_path, "-o", "scored.csv")
    assert done.code == 0, done.err
    assert "[lead.fields]" in done.err
    assert "demo_request" in done.err
    assert "by rules" in done.err.strip().splitlines()[-1]
    assert len(records(tmp_path / "scored.csv")) == len(records(tmp_path / "export.csv"))
