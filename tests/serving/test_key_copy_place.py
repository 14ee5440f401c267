"""A copy of the keys counts only as a file of one's own: not through a link, and not as a pipe."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from features.clock import now_us
from features.errors import LeadscoreError
from serving.aside.key_copy import KeyCopy
from serving.ledger import ApiKeys, Ledger


def test_a_link_or_a_pipe_is_no_copy_of_the_keys(tmp_path: Path) -> None:
    ledger, now = Ledger.made(tmp_path / "l.sqlite"), now_us()
    shown, _ = ApiKeys(ledger).new("crm", ["score"])
    kept = KeyCopy(tmp_path / "keys.json", ledger)
    kept.keep(ApiKeys(ledger).ring(), now)
    assert kept.held(now).check(shown, now)
    link, pipe = tmp_path / "link.json", tmp_path / "pipe"
    link.symlink_to(kept.path)
    os.mkfifo(pipe, 0o600)
    os.close(os.open(pipe, os.O_RDWR))
    for path in (link, pipe, tmp_path):
        with pytest.raises(LeadscoreError, match=r"no copy|no file"):
            KeyCopy(path, ledger).held(now)
