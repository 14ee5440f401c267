"""Scores of a ledger equal those of files; what is kept can be handed out, deleted and let go."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import insert

from features import LeadscoreError, load_recipe
from features.clock import DAY_US, now_us
from leadscore import main
from serving.ledger import EventSent, LeadSent, Ledger, LedgerTables, ScoreGiven, Writer, compact
from serving.ledger.person import AGES, OF_A_LEAD, everything_of, shrink
from serving.ledger.schema import METADATA
from serving.ledger.sent import DecisionSent
from serving.rights import delete_person, keep_for, receipts_of, runs_of
from tests.made.company import RECIPE, small_company

MOMENT = "2025-06-30T00:00:00+00:00"


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path, leads=120)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    assert leadscore("ledger", "init").exit_code == 0
    assert leadscore("ledger", "import", "recipe.toml").exit_code == 0
    return tmp_path


def leadscore(*words: str, says: str | None = None) -> Result:
    return CliRunner().invoke(main, list(words), input=says)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_open_leads_of_the_ledger_are_scored_as_those_of_the_files(company: Path) -> None:
    files = ["open-leads", "recipe.toml", "-o", "open.csv", "--events", "open_events.csv", "--as-of", MOMENT]
    assert leadscore(*files).exit_code == 0
    end = ["--as-of", MOMENT, "--recipe", "recipe.toml"]
    first = leadscore("score", "open.csv", "--events", "open_events.csv", "-o", "files.csv", *end)
    second = leadscore("score", "--data", "ledger", "-o", "ledger.csv", *end)
    assert (first.exit_code, second.exit_code) == (0, 0), second.output
    assert "leads are open in" in second.output
    ours, theirs = rows(company / "ledger.csv"), rows(company / "files.csv")
    added = [name for name in theirs[0] if name.startswith("ls_")]
    key = load_recipe("recipe.toml").lead.id
    assert len(ours) == len(theirs) > 20
    by_id = {row[str(key)]: row for row in theirs}
    for row in ours:
        assert [row[name] for name in added] == [by_id[row[str(key)]][name] for name in added]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "EXPORT, or --data ledger"),
        (("leads.csv", "--data", "ledger"), "EXPORT, or --data ledger"),
        (("--data", "ledger", "--events", "events.csv"), "its own events"),
        (("--data", "folder"), "'folder' is not 'ledger'"),
    ],
)
def test_what_is_to_be_scored_is_said_once(company: Path, words: tuple[str, ...], says: str) -> None:
    done = leadscore("score", *words, "-o", "out.csv")
    assert done.exit_code == 2
    assert says in done.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("leads.csv",), "Missing option '-o'"),
        (("--data", "ledger", "--reasons", "1"), "--reasons: for a file"),
        (("--data", "ledger", "--dry-run", "--force"), "--dry-run, --force: for a file"),
    ],
)
def test_without_a_file_scores_are_kept_and_nothing_may_shape_them(
    company: Path, words: tuple[str, ...], says: str
) -> None:
    done = leadscore("score", *words)
    assert done.exit_code == 2
    assert says in done.output


def test_every_table_is_written_but_keys(company: Path) -> None:
    leadscore("keys", "new", "a", "--scope", "read")
    done = leadscore("ledger", "export", "-o", "kept", "--json")
    assert done.exit_code == 0, done.output
    counts = {n: c for n, c in Ledger.opened().counts().items() if n not in ("keys", "idempotency_keys")}
    assert json.loads(done.stdout)["rows"] == counts
    assert {path.stem: len(rows(path)) for path in (company / "kept").iterdir()} == counts
    assert leadscore("ledger", "export", "-o", "kept").exit_code == 2
    assert leadscore("ledger", "export", "-o", "kept", "--force").exit_code == 0
    assert leadscore("ledger", "export").exit_code == 2


def test_one_person_is_handed_out_deleted_and_gone_from_the_next_training_set(company: Path) -> None:
    recipe, ledger = load_recipe("recipe.toml"), Ledger.opened()
    key = str(recipe.lead.id)
    frame = LedgerTables(ledger, company).frames(recipe)["events"]
    lead_id = str(frame[str(recipe.events.lead_id)].iloc[0]) if recipe.events else ""
    with Writer(ledger) as writer:
        writer.submit([ScoreGiven(lead_id, now_us(), "rules", "1", "x", "{}", '{"size": 1}')]).result()
    out = json.loads(leadscore("ledger", "export", "--lead", lead_id).stdout)["tables"]
    assert {"leads", "field_history", "events", "scores"} <= set(out)
    assert leadscore("ledger", "delete-person", lead_id, says="n\n").exit_code != 0
    assert everything_of(ledger, lead_id)
    done = leadscore("ledger", "delete-person", lead_id, "--yes", "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["deleted"] == {name: len(found) for name, found in out.items()}
    assert any("backups" in words for words in said["beside"])
    assert everything_of(ledger, lead_id) == {}
    frames = LedgerTables(ledger, company).frames(recipe)
    assert lead_id not in set(frames["leads"][key].astype(str))
    assert all(lead_id not in set(frame.astype(str).stack()) for frame in frames.values())
    assert leadscore("ledger", "delete-person", lead_id).exit_code == 0


def test_rows_older_than_their_time_go_and_newer_ones_stay(tmp_path: Path) -> None:
    ledger, now = Ledger.made(tmp_path / "ledger.sqlite"), now_us()
    ages = (1, 10, 100)
    with Writer(ledger) as writer:
        writer.submit([EventSent("a", f"L{n}", "visit", now - n * DAY_US) for n in ages]).result()
        writer.submit([ScoreGiven(f"L{n}", now - n * DAY_US, "rules", "1", "x", "{}") for n in ages]).result()
    assert compact(ledger, {"events": 50, "scores": 5}, now) == {"events": 1, "scores": 2}
    assert compact(ledger, {"events": 50, "scores": 5}, now) == {"events": 0, "scores": 0}
    assert ledger.counts() | {"events": 2, "scores": 1} == ledger.counts()
    for keep in ({"keys": 5.0}, {"events": 0.5}, {"events": float("nan")}):
        with pytest.raises(LeadscoreError):
            compact(ledger, keep, now)
    ledger.close()


def test_an_erasure_is_no_decision_that_grows_old(tmp_path: Path) -> None:
    ledger, now = Ledger.made(tmp_path / "ledger.sqlite"), now_us()
    with Writer(ledger) as writer:
        writer.submit([DecisionSent("crm", "L1", "erasure", now - 100 * DAY_US)]).result()
        writer.submit([DecisionSent("crm", "L2", "opt_out", now - 100 * DAY_US)]).result()
        assert compact(ledger, {"decisions": 50, "leads": 50}, now)["decisions"] == 1
        assert writer.submit([LeadSent("crm", "L1", {"size": 1}, now)]).result().items == ("refused",)
    ledger.close()


def test_receipts_and_runs_do_not_grow_old(tmp_path: Path) -> None:
    ledger, now = Ledger.made(tmp_path / "ledger.sqlite"), now_us()
    with Writer(ledger) as writer:
        writer.submit([LeadSent("crm", "L1", {"size": 1}, now)]).result()
    receipt = delete_person(ledger, "L1", [])
    run = keep_for(ledger, {"jobs": 30}, now)
    assert compact(ledger, {"jobs": 30}, now + 400 * DAY_US) == {"jobs": 0}
    assert [one.receipt for one in receipts_of(ledger)] == [receipt.receipt]
    assert runs_of(ledger) == [run]
    ledger.close()


def test_a_person_of_whom_nothing_is_heard_goes_with_everything(tmp_path: Path) -> None:
    ledger, now = Ledger.made(tmp_path / "ledger.sqlite"), now_us()
    with Writer(ledger) as writer:
        writer.submit([LeadSent("a", lead, {"size": 1}, now) for lead in ("quiet", "heard", "new")]).result()
        writer.submit([EventSent("a", "heard", "visit", now - DAY_US)]).result()
        writer.submit([EventSent("a", "quiet", "visit", now - 90 * DAY_US)]).result()
        writer.submit([ScoreGiven("quiet", now, "rules", "1", "x", "{}")]).result()
    with ledger.transaction() as connection:  # as if all but one had come 80 days ago
        for name in ("leads", "field_history"):
            table = METADATA.tables[name]
            old = table.update().where(table.c.lead_id != "new").values(recorded_us=now - 80 * DAY_US)
            connection.execute(old)
    gone = compact(ledger, {"leads": 50}, now)
    assert gone == {"leads": 1, "field_history": 1, "events": 1, "scores": 1}
    assert everything_of(ledger, "quiet") == {}
    assert set(everything_of(ledger, "heard")) == {"leads", "field_history", "events"}
    assert set(everything_of(ledger, "new")) == {"leads", "field_history"}
    ledger.close()


def test_every_table_that_can_grow_can_be_cut() -> None:
    growing = {table.name for table in METADATA.tables.values() if "recorded_us" in table.c}
    assert len(growing) > 5
    assert growing - set(AGES) - {table.name for table in OF_A_LEAD} == set()


def test_the_file_is_made_smaller_unless_somebody_writes_to_it(company: Path) -> None:
    ledger = Ledger.opened()
    assert ledger.path is not None
    with ledger.transaction() as connection:
        table = METADATA.tables["jobs"]
        values = {"job_id": "a", "kind": "x", "content": "y" * 2_000_000, "state": "done",
                  "made_us": 1, "tries": 0, "finished_us": now_us() - 2 * DAY_US}  # fmt: skip
        connection.execute(insert(table).values(values))
    assert leadscore("ledger", "compact").exit_code == 0
    before = ledger.path.stat().st_size
    with Writer(ledger):
        assert not shrink(ledger)
        done = leadscore("ledger", "compact", "--keep", "jobs=1")
        assert "whose size stays" in done.output
    done = leadscore("ledger", "compact")
    assert done.exit_code == 0, done.output
    assert ledger.path.stat().st_size < before - 1_000_000
    for wrong in ("jobs", "jobs=", "jobs=0", "nothing=4"):
        assert leadscore("ledger", "compact", "--keep", wrong).exit_code == 2
