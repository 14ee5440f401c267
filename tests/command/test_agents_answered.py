"""Agents ask over the Model Context Protocol, with the SDK's own client, and get what the service answers."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from features.clock import now_us
from leadscore import main
from serving.ledger import ApiKeys, Ledger, Writer
from serving.ledger.sent import DecisionSent
from tests.made.company import RECIPE, small_company

mcp = pytest.importorskip("mcp", reason="the extra 'mcp' is not installed")

AS_OF = "2024-12-01T00:00:00+00:00"
WHOLE = {"lead_id": "x", "fields": {"size": 5, "industry": "steel"}, "events": [], "as_of": AS_OF}
ROOT = Path(__file__).parents[2]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path, leads=60)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    for words in (["ledger", "init"], ["ledger", "import", "recipe.toml"]):
        assert CliRunner().invoke(main, words).exit_code == 0
    return tmp_path


def ask(company: Path, calls: list[tuple[str, dict[str, Any]]], key: str = "") -> list[Any]:
    """What a server over stdio answers to `calls`: content of each, or the words of its error."""
    from mcp.client import Client
    from mcp.client.stdio import StdioServerParameters

    environment = {"PYTHONPATH": str(ROOT), "MLFLOW_TRACKING_URI": f"sqlite:///{company / 'mlflow.db'}"}
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "leadscore", "mcp", "recipe.toml", "--data", "ledger"],
        env=environment | ({"LEADSCORE_KEY": key} if key else {}), cwd=company,
    )  # fmt: skip

    async def asked() -> list[Any]:
        async with Client(server) as client:
            found: list[Any] = [sorted(tool.name for tool in (await client.list_tools()).tools)]
            for name, words in calls:
                said = await client.call_tool(name, words)
                text = said.content[0].text  # type: ignore[union-attr]
                found.append(text if said.is_error else json.loads(text))
            return found

    return asyncio.run(asked())


@pytest.mark.slow
def test_an_agent_is_answered_as_everybody_is(company: Path) -> None:
    with Writer(Ledger.opened()) as writer:
        writer.submit([DecisionSent("crm", "lead-1", "opt_out", now_us(), "they", "asked so")]).result()
    tools, scored, named, explained, wrong, plan, funnel, many = ask(company, [
        ("score", {"leads": [WHOLE, {"lead_id": "lead-1"}, {"lead_id": "nobody"}], "as_of": AS_OF}),
        ("score", {"leads": [{"lead_id": "lead-2"}], "as_of": AS_OF}),
        ("explain", {"lead": WHOLE}),
        ("score", {"leads": [WHOLE | {"fields": {"sise": 5}}]}),
        ("plan", {"as_of": AS_OF, "most": 3}),
        ("funnel", {"by": "origin"}),
        ("score", {"leads": [WHOLE] * 1_001}),
    ])  # fmt: skip
    assert tools == ["explain", "funnel", "plan", "score"]
    assert [one["status"] for one in scored["scores"]] == ["uncalibrated", "opted_out", "error"]
    (by_name,) = named["scores"]
    assert by_name["probability"] is not None
    assert explained["score"]["probability"] == scored["scores"][0]["probability"]
    assert sum(part["contribution"] for part in explained["parts"]) + explained["bias"] == pytest.approx(
        explained["margin"]
    )
    assert "did you mean" in json.dumps(wrong["scores"][0]["error"]) or "size" in json.dumps(wrong)
    assert "1,001" in many
    assert len(plan["leads"]) == 3
    assert plan["leads_left"] > 0
    told = CliRunner().invoke(main, ["funnel", "recipe.toml", "--data", "ledger", "--json"])
    assert funnel["all"] == json.loads(told.stdout)["all"]


def test_what_an_agent_asks_wrongly_is_told_in_words_without_what_it_sent(
    company: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    secret = "kjell.persoon@example.org"
    (_, neighbours, *refused) = ask(company, [
        ("score", {"leads": [secret, WHOLE]}),
        ("score", {"leads": secret}),
        ("score", {"leads": [WHOLE], "asof": secret}),
        ("explain", {}),
        ("plan", {"as_of": secret}),
        ("plan", {"as_of": AS_OF, "most": -1}),
    ])  # fmt: skip
    assert [one["status"] for one in neighbours["scores"]] == ["error", "uncalibrated"]
    for said, words in zip(refused, ("valid list", "asof", "required", "ISO 8601", "below 0"), strict=True):
        assert words in said
        assert secret not in said
    assert secret not in capfd.readouterr().err


@pytest.mark.slow
def test_the_keys_of_the_ledger_hold_for_agents_too(company: Path) -> None:
    keys = ApiKeys(Ledger.opened())
    score, _ = keys.new("agent", ["score"])
    read, gone = keys.new("agent", ["read"])
    calls: list[tuple[str, dict[str, Any]]] = [("score", {"leads": [WHOLE]}), ("funnel", {})]

    def refused(said: Any) -> bool:
        return isinstance(said, str)

    assert [refused(one) for one in ask(company, calls)[1:]] == [True, True]
    assert [refused(one) for one in ask(company, calls, score)[1:]] == [False, True]
    told = ask(company, calls, read)[1:]
    assert [refused(one) for one in told] == [True, False]
    assert "has the scope 'score'" in told[0]
    keys.revoke(gone.key_id)
    assert [refused(one) for one in ask(company, calls, read)[1:]] == [True, True]
