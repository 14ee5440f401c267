"""A thousand faults: no score twice, none missed, none older over newer; killed at every step, run again."""

from __future__ import annotations

from pathlib import Path

import pytest

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
@pytest.mark.timeout(900)
@pytest.mark.parametrize("vendor", VENDORS)
def test_and_so_it_does_through_many_faults(vendor: str, tmp_path: Path) -> None:
    counts, seed = Counts(), 1
    while counts.faults.total() < _EACH:
        counts.add(Trial(vendor, seed, tmp_path).run())
        seed += 1
    assert counts.refused > 0
    assert counts.retried > 0
