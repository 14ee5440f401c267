"""A ledger in PostgreSQL that is away: the service starts, says so, lets in nobody unproven, and joins it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from features.clock import DAY_US, now_us
from features.errors import LeadscoreError
from serving.aside.key_copy import VARIABLE as KEYS_FILE
from serving.aside.key_copy import KeyCopy
from serving.edge.key_check import KeyCheck, require_key
from serving.ledger import ApiKeys, EventSent, Ledger, Writer
from serving.ledger.engines import VARIABLE
from serving.ledger.store import LedgerAwayError
from tests.made.edge import Service
from tests.made.postgres import ledger_in_postgres

NOON = 1_750_000_000_000_000
NOWHERE = "postgresql://anna:s3cret@127.0.0.1:1/d"
LEAD = {"lead_id": "a", "created_at": "2026-02-01", "fields": {"company_size": 40}}


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    pytest.importorskip("psycopg", reason="no Postgres: run 'make extras'")
    monkeypatch.setenv(VARIABLE, NOWHERE)
    found = Ledger.for_service()
    assert found is not None
    return found


def test_an_unreachable_ledger_is_awaited_and_says_so_without_its_password(away: Ledger) -> None:
    assert away.presence.away == "cannot be reached"
    assert "s3cret" not in away.name
    with pytest.raises(LedgerAwayError, match="cannot be reached"), away.reading():
        raise AssertionError
    with pytest.raises(LedgerAwayError):
        Ledger.opened()


@pytest.mark.parametrize("address", ["none.sqlite", "mysql://h/d"])
def test_a_ledger_that_is_wrong_is_refused_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv(VARIABLE, address)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LeadscoreError):
        Ledger.for_service()
    assert not (tmp_path / "none.sqlite").exists()


def test_while_nobody_knows_the_keys_nobody_is_let_in(away: Ledger) -> None:
    require_key("0.0.0.0", away)
    service = Service(away)
    service.entrance.key_check = KeyCheck.opened(away)
    for method, path in [("POST", "/v1/score"), ("POST", "/v1/events"), ("GET", "/metrics"), ("GET", "/")]:
        answer = service.ask(method, path, json=LEAD)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1"), path
        assert "LEADSCORE_KEYS_FILE" in answer.text
    ready = service.ask("GET", "/readyz")
    assert (ready.status_code, ready.json()["ledger_away"]) == (200, "cannot be reached")
    service.close()


def test_a_copy_of_the_keys_counts_for_a_day_for_its_ledger_where_nobody_else_may_read_it(
    tmp_path: Path, away: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite, path, now = Ledger.made(tmp_path / "l.sqlite"), tmp_path / "keys.json", now_us()
    shown, key = ApiKeys(sqlite).new("crm", ["score"])
    copy = KeyCopy(path, away)
    with pytest.raises(LeadscoreError, match="holds no copy"):
        copy.held(now)
    copy.keep(ApiKeys(sqlite).ring(), now)
    assert path.stat().st_mode & 0o077 == 0
    assert shown.encode() not in path.read_bytes()
    assert copy.held(now).check(shown, now) == key
    with pytest.raises(LeadscoreError, match="another ledger"):
        KeyCopy(path, sqlite).held(now)
    for moment in (now + DAY_US + 1, now - DAY_US - 1):
        with pytest.raises(LeadscoreError, match="older than a day"):
            copy.held(moment)
    monkeypatch.setenv(KEYS_FILE, str(path))
    service = Service(away)
    service.entrance.key_check = KeyCheck.opened(away)
    answers = [
        service.ask("POST", "/v1/score", json=LEAD, headers={"X-API-Key": one}) for one in (shown, "lsk_")
    ]
    assert [one.status_code for one in answers] == [200, 401]
    assert any("not kept" in warning for warning in answers[0].json()["warnings"])
    service.close()
    path.chmod(0o640)
    with pytest.raises(LeadscoreError, match="others may read"):
        copy.held(now)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(key.key_id.encode(), b"\xff"))
    with pytest.raises(LeadscoreError, match="holds no copy"):
        copy.held(now)
    KeyCopy(path, away).keep(ApiKeys(Ledger.made(tmp_path / "m.sqlite")).ring(), now)
    with pytest.raises(LeadscoreError, match="there was no key"):
        copy.held(now)
    assert [one.name for one in tmp_path.glob("keys*")] == ["keys.json"]


def refused_by(ledger: Ledger, *statements: str) -> str:
    """What the ledger says of a transaction that its server ends."""
    try:
        with ledger.transaction() as connection:
            for one in statements:
                connection.execute(text(one))
    except LeadscoreError as error:
        return error.problem
    return ""


@pytest.mark.slow
def test_no_statement_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ledger_in_postgres()
    monkeypatch.setenv(VARIABLE, made.url)
    ledger = Ledger.for_service()
    assert ledger is not None
    with ledger.reading() as connection:
        limits = {name: connection.scalar(text(f"SHOW {name}")) for name in (
            "statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")}  # fmt: skip
    assert limits == {"statement_timeout": "30s", "lock_timeout": "10s",
                    "idle_in_transaction_session_timeout": "1min"}  # fmt: skip
    with made.reading() as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == "0", "a command may take its time"
        assert connection.scalar(text("SHOW lock_timeout")) == "10s"
    with pytest.raises(LedgerAwayError, match="does not answer"), ledger.reading(within=0.5) as connection:
        connection.execute(text("SELECT pg_sleep(60)"))
    assert ledger.counts()["leads"] == 0, "by another connection"
    assert refused_by(ledger, "SET LOCAL statement_timeout = 100", "SELECT pg_sleep(60)").endswith(
        "takes too long."
    )
    with made.transaction() as holds:
        holds.execute(text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
        told = refused_by(ledger, "SET LOCAL lock_timeout = 100", "SELECT count(*) FROM events")
        assert told.endswith("has been writing for too long.")
    for one in (ledger, made):
        one.close()


@pytest.mark.slow
def test_a_ledger_of_another_schema_is_not_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ledger_in_postgres()
    with made.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    waiting = Ledger(made.url)
    waiting.presence.checked, waiting.presence.away = False, "cannot be reached"
    check = KeyCheck(waiting, known=False)
    with pytest.raises(LeadscoreError, match="newer than this leadscore"):
        check.look()
    assert not check.known
    with Writer(waiting) as writer, pytest.raises(LeadscoreError, match="newer than this leadscore"):
        writer.submit([EventSent("web", "L1", "demo", NOON, "e")]).result()
    for one in (waiting, made):
        one.close()


@pytest.mark.slow
def test_a_commit_whose_answer_is_lost_may_have_been_stored_and_says_so() -> None:
    ledger = ledger_in_postgres()
    with pytest.raises(LedgerAwayError, match="may be there"), ledger.transaction() as connection:
        cut(ledger, connection)
    ledger.close()


def cut(ledger: Ledger, connection: Connection) -> None:
    """End the server's end of `connection`."""
    number = connection.scalar(text("SELECT pg_backend_pid()"))
    with ledger.reading() as other:
        other.execute(text("SELECT pg_terminate_backend(:number, 5000)"), {"number": number})
