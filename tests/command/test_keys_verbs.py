"""A key is shown once, listed without its secret, and ended by its id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from leadscore import main
from serving.ledger import ApiKeys, Ledger


def call(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    assert call("ledger", "init").exit_code == 0
    return tmp_path


def test_a_key_is_made_listed_and_revoked() -> None:
    made = call("keys", "new", "hubspot", "--scope", "score", "--scope", "write", "--days", "30")
    text = made.stdout.strip()
    key = ApiKeys(Ledger.opened()).check(text)
    assert key is not None
    assert (key.name, key.scopes) == ("hubspot", {"score", "write"})
    assert key.expires_us is not None
    assert key.expires_us - key.created_us == pytest.approx(30 * 86_400_000_000, abs=60_000_000)
    listed = call("keys", "list", "--json")
    assert json.loads(listed.stdout)["keys"][0] | {"made": 0, "ends": 0} == {
        "id": key.key_id, "name": "hubspot", "scopes": "score write", "live": True, "revoked": None,
        "made": 0, "ends": 0,
    }  # fmt: skip
    secret = text.split("_", 2)[2]
    assert secret not in listed.output + call("keys", "list").output
    assert secret not in (made.stderr if made.stderr_bytes is not None else "")
    assert call("keys", "revoke", key.key_id).exit_code == 0
    assert ApiKeys(Ledger.opened()).check(text) is None
    assert "1 keys, 0 live" in call("keys", "list").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("new", "a"), "--scope"),
        (("new", "a", "--scope", "all"), "'all' is not one of"),
        (("new", "a", "--scope", "read", "--days", "0"), "--days"),
        (("revoke", "nobody"), "there is no key with this id"),
    ],
)
def test_what_cannot_be_done_is_told(words: tuple[str, ...], says: str) -> None:
    done = call("keys", *words)
    assert done.exit_code == 2
    assert says in done.output


def test_without_a_ledger_the_way_to_one_is_told(here: Path) -> None:
    (here / "ledger.sqlite").unlink()
    assert "leadscore ledger init" in call("keys", "list").output
