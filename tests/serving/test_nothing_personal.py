"""What is written beside answers (logs of jobs and of the spool, runs, reports) holds nothing personal."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from features.clock import now_us
from leadscore import main
from serving.api.webhooks import VARIABLE as SECRETS
from serving.aside import InboundSpool
from serving.edge.inbound import deliver
from serving.jobs import Jobs
from serving.ledger import Ledger
from tests.made import inbound
from tests.made.company import RECIPE, small_company
from tests.made.edge import Service
from tests.serving.test_jobs_done import ended, running

NAME, MAIL = "Kjell Persoon", "kjell.persoon@example.org"
NEEDLES = (NAME.encode(), MAIL.encode(), b"kjell", b"Persoon")


def leadscore(*words: str) -> Result:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code in (0, 1, 3), done.stderr
    return done


def holders(folder: Path, *but: str) -> list[str]:
    """Files under `folder` that hold something of the person, without those whose name begins so."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(but)]
    return [str(path) for path in files if any(needle in path.read_bytes() for needle in NEEDLES)]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leads with an address and a name each; some cells cannot be read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    small_company(tmp_path, leads=400)
    leads = pd.read_csv("leads.csv").assign(contact=NAME)
    leads["email"] = [f"{number}.{MAIL}" for number in range(len(leads))]
    leads["size"] = leads["size"].astype(object)
    leads.loc[leads.index[::50], "size"] = NAME
    leads.to_csv("leads.csv", index=False)
    fields = 'email = { type = "email" }\ncontact = { type = "text" }\n\n[events.kinds]'
    Path("recipe.toml").write_text(RECIPE.replace("[events.kinds]", fields), encoding="utf-8")
    return tmp_path


@pytest.mark.slow  # it trains
def test_a_training_a_watch_and_a_job_write_nothing_personal(
    company: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for words in (["ledger", "init"], ["ledger", "import", "recipe.toml"], ["train", "recipe.toml"],
                  ["watch", "recipe.toml", "--data", "ledger", "--html", "watch.html"],
                  ["inspect", "recipe.toml", "-o", "inspection.html"]):  # fmt: skip
        done = leadscore(*words)
        assert MAIL not in done.stdout + done.stderr, words
        assert NAME not in done.stdout + done.stderr, words
    jobs = Jobs.beside(Ledger.opened())
    files = {name.partition(".")[0]: Path(name) for name in ("leads.csv", "events.csv", "recipe.toml")}
    job = jobs.submit("score", files, {"as-of": "2025-01-01"}, "anna")
    with running(jobs, company):
        done_job = ended(jobs, job)
    assert NAME not in done_job.message + done_job.step
    assert holders(company), "they are found where they may be"
    assert holders(company, "leads.csv", "ledger.sqlite", "scored") == []
    said = capfd.readouterr()
    assert "kjell" not in (said.out + said.err).lower()


def test_a_spool_says_nothing_of_what_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SECRETS, "")
    service = Service(Ledger.made(tmp_path / "ledger.sqlite"), recipe=inbound.recipe())
    spool = InboundSpool(tmp_path / "spool.sqlite")
    wrong = json.dumps([{"lead_id": MAIL, "kind": NAME, "occurred_at": NAME}])
    spool.put("/v1/webhooks", now_us(), json.dumps({"id": "m", "body": wrong}).encode())
    spool.put("/v1/webhooks", now_us(), NAME.encode())
    spool.drain(lambda one: deliver(service.desk, one))
    assert spool.set_aside == 2
    assert spool.waiting == 0
    assert holders(tmp_path, "spool.sqlite") == []
    said = capfd.readouterr()
    assert "kjell" not in (said.out + said.err).lower()
    spool.close()
    service.close()
