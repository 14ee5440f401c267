"""What PostgreSQL is told of limits, and what is made of what it says: data in its words decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from features.errors import LeadscoreError
from serving.ledger import Ledger
from serving.ledger.store import LedgerAwayError
from tests.made.postgres import ledger_in_postgres

pytestmark = pytest.mark.slow  # a PostgreSQL is started


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    found = ledger_in_postgres()
    yield found
    found.close()


def test_limits_are_set_after_the_connection_is_made_and_outlast_what_is_undone(ledger: Ledger) -> None:
    own = Ledger(ledger.url, 30.0)
    for _ in range(2):
        with own.reading() as connection:
            driver = connection.connection.dbapi_connection
            assert "options" not in driver.info.get_parameters()  # type: ignore[union-attr]
            assert connection.scalar(text("SHOW statement_timeout")) == "30s"
            assert connection.scalar(text("SHOW lock_timeout")) == "10s"
            connection.rollback()
    own.close()


@pytest.mark.parametrize("sent", ["connect", "server closed", "starting up", "wait timeout"])
def test_data_that_speaks_of_connections_is_no_ledger_away(ledger: Ledger, sent: str) -> None:
    with pytest.raises(LeadscoreError) as told, ledger.transaction() as connection:
        connection.execute(text("SELECT CAST(:sent AS integer)"), {"sent": sent})
    assert not isinstance(told.value, LedgerAwayError)
    assert sent not in told.value.problem


@pytest.mark.parametrize(
    ("state", "words", "away"),
    [
        ("08006", "cannot be reached", True), ("57P01", "cannot be reached", True),
        ("57P03", "is starting", True), ("55P03", "writing for too long", False),
        ("53100", "disk is full", False), ("42P01", "no such", False), ("22023", "failed", False),
    ],
)  # fmt: skip
def test_the_code_of_a_refusal_decides(ledger: Ledger, state: str, words: str, away: bool) -> None:
    raised = f"DO $$ BEGIN RAISE EXCEPTION 'connect' USING ERRCODE = '{state}'; END $$"
    with pytest.raises(LeadscoreError, match=words) as told, ledger.transaction() as connection:
        connection.exec_driver_sql(raised)
    assert isinstance(told.value, LedgerAwayError) is away
