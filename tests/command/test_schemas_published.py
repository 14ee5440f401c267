"""What a verb prints with --json is what its published schema says, all of it and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from features import load_recipe
from features.clock import now_us
from leadscore import main
from leadscore.schemas import SCHEMAS, schema_of
from serving.answer import Ladder
from serving.api import score_items
from serving.jobs import Jobs
from serving.ledger import Ledger
from serving.push.pace import RealClock
from serving.skew import RequestLog
from tests.made import inbound
from tests.made.company import RECIPE, small_company
from tests.made.vendor_api import VendorApi, hubspot_journal, serving
from tests.vendors import scores
from tests.vendors.hubspot import HubSpotServer
from tests.vendors.made import environment_of, ids

AT = ("--as-of", "2024-12-01T00:00:00+00:00")
LEDGER = ("--data", "ledger")
OWN = RECIPE.replace('created_at = "created_at"', 'created_at = "created_at"\naccount_id = "industry"')
CALLED = OWN.replace('visit = "interest"', 'visit = "contact"')
MADE = CALLED.replace("[events.kinds]", 'email = { type = "email" }\n\n[events.kinds]')
MADE += '\n[exploration]\nshare = 0.02\nkey = "drawn"\n'
Told = dict[str, list[Any]]


def verbs(command: click.Command = main, path: tuple[str, ...] = ()) -> set[str]:
    """Every verb that has --json."""
    if isinstance(command, click.Group):
        return set().union(*(verbs(one, (*path, name)) for name, one in command.commands.items()))
    return {" ".join(path)} if any(one.name == "as_json" for one in command.params) else set()


class Scripts:
    """Runs verbs with --json, one after the other, and keeps what each printed."""

    def __init__(self) -> None:
        self.told: Told = {}

    def __call__(self, *words: str, **environment: str) -> Any:
        done = CliRunner(env=environment).invoke(main, [*words, "--json"])
        assert done.exit_code in (0, 1, 3), (words, done.stderr, done.exception)
        verb = next(" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in verbs())
        self.told.setdefault(verb, []).append(found := json.loads(done.stdout))
        return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """What every verb printed in a small company, from an empty folder to scores in a CRM."""
    folder, script = tmp_path_factory.mktemp("company"), Scripts()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("LEADSCORE_LEDGER", raising=False)
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{folder / 'mlflow.db'}")
        small_company(folder, leads=400)
        leads = pd.read_csv("leads.csv")
        leads.assign(email=leads["lead_id"] + "@acme.example").to_csv("leads.csv", index=False)
        (folder / "recipe.toml").write_text(MADE, encoding="utf-8")
        assert CliRunner().invoke(main, ["ledger", "init"]).exit_code == 0
        looked_at(script, folder)
        kept(script)
        answered(script)
        asked(script)
        brought(script, folder)
        told_of_people(script)
        yield script.told


def looked_at(script: Scripts, folder: Path) -> None:
    """Before anything is learned."""
    script("simulate", "-o", "acme", "--leads", "50")
    script("simulate", "-o", "crm", "--leads", "50", "--crm", "hubspot")
    script("init", "leads.csv", "-o", "other.toml", "--open", "--yes")
    script("init", "leads.csv", "--explain", "size", "--open")
    script("features", "recipe.toml")
    script("inspect", "recipe.toml")
    script("snapshots", "recipe.toml", "-o", "matrix.parquet")
    card = CliRunner().invoke(main, ["rules", "show", "recipe.toml"]).stdout
    (folder / "rules.toml").write_text(card, encoding="utf-8")
    script("rules", "check", "recipe.toml")
    script("rules", "test", "recipe.toml")
    script("rules", "diff", "recipe.toml", "rules.toml", "rules.toml")
    script("rules", "backtest", "recipe.toml")


def kept(script: Scripts) -> None:
    """The ledger, and what is computed over it."""
    script("ledger", "import", "recipe.toml")
    script("ledger", "status")
    script("ledger", "score", "--recipe", "recipe.toml", *AT)
    script("ledger", "export", "-o", "tables")
    script("ledger", "export", "--lead", "lead-1")
    script("open-leads", "recipe.toml", "-o", "open.csv", *AT)
    script("accounts", "recipe.toml", *AT)
    script("funnel", "recipe.toml")
    script("plan", "recipe.toml", *LEDGER, *AT)
    script("conversions", "google", "recipe.toml", "-o", "google", "--consent", "granted", *AT)
    script("effect", "recipe.toml", *LEDGER)
    jobs = Jobs.beside(Ledger.opened())
    job = jobs.submit("score", {"leads": Path("leads.csv")}, {}, "anna")
    script("jobs", "list")
    script("jobs", "cancel", job.id)


def answered(script: Scripts) -> None:
    """What learns, and what answers."""
    run = script("train", "recipe.toml")["run_id"]
    script("promote", "small", "--force", "--reason", "a test")
    script("train", "recipe.toml")
    script("promote", "small", "--force", "--reason", "a test")
    script("rollback", "small")
    script("status", "small")
    script("compare", run, "champion", "recipe.toml")
    script("watch", "recipe.toml")
    script("retrain", "recipe.toml", "--if-needed")
    script("score", "open.csv", "-o", "scored.csv", *AT)


def asked(script: Scripts) -> None:
    """What the service logs of requests, replayed."""
    ladder, log = Ladder.by_rules(load_recipe("recipe.toml")), RequestLog(Path("requests.jsonl"))
    score_items(ladder, [{"lead_id": "a", "fields": {"size": 4}}], now_us(), log=log)
    script("check-skew", "requests.jsonl", "--recipe", "recipe.toml")


def brought(script: Scripts, folder: Path) -> None:
    """To a CRM and from vendors, each a server on this machine."""
    script("inbound", "list")
    (folder / "inbound.toml").write_text(inbound.RECIPE, encoding="utf-8")
    (folder / "body.json").write_text(json.dumps(inbound.golden("meta")[1]["body"]), encoding="utf-8")
    script("inbound", "try", "meta", "inbound.toml", "body.json")
    with serving(hubspot_journal([])) as api:
        keys = {
            "HUBSPOT_CLIENT_ID": "id",
            "HUBSPOT_CLIENT_SECRET": "secret",
            "LEADSCORE_HUBSPOT_API": api.url,
        }
        script("pull", "hubspot", "inbound.toml", "--portal", "62515", **keys)
    with serving(VendorApi(lambda *_: (404, {}, {}))) as api:
        for name in ("meta", "linkedin"):
            said = {f"{name.upper()}_ACCESS_TOKEN": "token", f"LEADSCORE_{name.upper()}_API": api.url}
            script("pull", name, "inbound.toml", **said)
    leads = ids("hubspot", 3)
    scores.keep(Ledger.opened(), [scores.score(name, 1) for name in leads])
    with HubSpotServer(leads, RealClock()) as server:
        given = environment_of("hubspot", server)
        script("connect", "hubspot", "--url", server.url, "--create", **given)
        script("push", "hubspot", "--dry-run", **given)
        script("push", "hubspot", **given)


def told_of_people(script: Scripts) -> None:
    """One person, the keys, and what goes."""
    script("explain-person", "lead-1")
    script("ledger", "delete-person", "lead-1", "--yes")
    script("ledger", "compact", "--keep", "scores=400")
    script("ledger", "receipts")
    key = script("keys", "new", "agent", "--scope", "read")
    script("keys", "list")
    script("keys", "revoke", key["id"])


def test_a_verb_with_json_has_a_schema_and_no_other() -> None:
    assert set(SCHEMAS) == verbs()
    for verb in SCHEMAS:
        Draft202012Validator.check_schema(schema_of(verb))
    assert set(CliRunner().invoke(main, ["schema"]).stdout.split("\n")) - {""} == set(SCHEMAS)
    said = CliRunner().invoke(main, ["schema", "ledger", "status"]).stdout
    assert json.loads(said) == schema_of("ledger status")
    done = CliRunner().invoke(main, ["schema", "ledger", "statu"])
    assert done.exit_code == 2
    assert "ledger status" in done.stderr


@pytest.mark.slow  # it trains
@pytest.mark.parametrize("verb", sorted(SCHEMAS))
def test_a_verb_prints_what_its_schema_says(told: Told, verb: str) -> None:
    assert told[verb], "it was never run"
    check = Draft202012Validator(schema_of(verb))
    for one in told[verb]:
        assert not [error.message for error in check.iter_errors(one)]
