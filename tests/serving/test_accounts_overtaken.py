"""Leads of an account, while several write: a commit that comes late is seen."""

from __future__ import annotations

import json

import pytest

from features.lead import accepted_fields
from serving.ledger.schema import FIELD_HISTORY
from serving.neighbours.index import AccountIndex
from tests.features.test_accounts import RECIPE
from tests.made.postgres import ledger_in_postgres


@pytest.mark.slow  # a PostgreSQL is started
def test_a_large_commit_that_others_have_overtaken_is_seen() -> None:
    ledger = ledger_in_postgres()
    seconds = [0.0]
    index, recipe = AccountIndex(lambda: seconds[0]), RECIPE
    column = next(name for name, role in accepted_fields(recipe).items() if role == "account_id")

    def row(number: int, lead: str) -> dict[str, object]:
        cells = json.dumps({column: "acme"})
        return {"natural_key": f"k{number}", "digest": "", "source": "", "recorded_us": 0, "lead_id": lead,
                "origin": "change", "valid_from_us": 0, "cells": cells}  # fmt: skip

    def found() -> frozenset[str]:
        with ledger.reading() as connection:
            return index.leads(connection, recipe, "acme")

    with ledger.transaction() as late:
        late.execute(FIELD_HISTORY.insert(), [row(0, "late")])
        with ledger.transaction() as quick:
            quick.execute(FIELD_HISTORY.insert(), [row(n, "quick") for n in range(1, 1_500)])
        assert found() == {"quick"}
    seconds[0] = 61.0
    assert found() == {"quick", "late"}
    ledger.close()
