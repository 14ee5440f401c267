"""What agents may ask: score, explain, plan and funnel as tools of the Model Context Protocol."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leadscore.ledger_files import standing_here
from leadscore.options import DATA, RECIPE, place_of

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from serving.ledger import Ledger

KEY = "LEADSCORE_KEY"


@click.command()
@RECIPE
@DATA
@click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
def mcp(recipe: Path, folder: Path | str | None, model: str | None) -> None:
    """Offer score, explain, plan and funnel to an agent, over stdin and stdout (Model Context Protocol).

    \b
    Example:  leadscore mcp acme/recipe.toml --data ledger

    Needs the extra 'mcp'. Where the ledger that is here has keys, LEADSCORE_KEY holds one: score and explain
    need its scope 'score', plan and funnel 'read'. Nothing is written, and no score is kept.
    """
    from leadscore.terminal import say

    server = server_of(Agent(recipe, folder, model))
    say("Answering an agent on stdin and stdout …")
    server.run("stdio")


class Agent:
    """What the tools answer from: who answers is opened once, tables are read at each question."""

    def __init__(self, path: Path, folder: Path | str | None, model: str | None) -> None:
        import serving
        from features.recipe import load_recipe
        from leadscore.terminal import say

        self.path, self.folder, self.model = path, folder, model
        self._ledger: Ledger | None = None
        self.opened = serving.open_ladder(load_recipe(path), model, folder=path.parent)
        self.recipe, self.ladder = self.opened.ladder.recipe, self.opened.ladder
        if self.opened.warning:
            say(f"Warning: {self.opened.warning}.")

    @property
    def ledger(self) -> Ledger | None:
        """The ledger that is here, opened once; one that comes later is found then."""
        from serving.ledger import Ledger

        if self._ledger is None:
            self._ledger = Ledger.here()
        return self._ledger

    def allowed(self, scope: Any) -> None:
        """Whether the key at hand may do this; asked each time, so that a revoked one ends.

        Raises:
            LeadscoreError: the ledger here has keys, and LEADSCORE_KEY holds none that may.
        """
        from features.errors import LeadscoreError
        from serving.ledger import ApiKeys

        if self.ledger is None or not ApiKeys(self.ledger).ring().keys:
            return
        key = ApiKeys(self.ledger).check(os.environ.get(KEY, ""))
        if key is None:
            raise LeadscoreError(f"{KEY} is missing, unknown, revoked or ended.", "See 'leadscore keys new'.")
        if not key.may(scope):
            raise LeadscoreError(f"the key may not do this: it has {', '.join(sorted(key.scopes))}.",
                                 f"Use one that has the scope '{scope}'.")  # fmt: skip

    def score(self, leads: list[Any], as_of: str | None = None) -> dict[str, Any]:
        """The scores of leads, whole or by name; one that cannot be read is an error of its own.

        Raises:
            LeadscoreError: they are more than one request may bring.
        """
        from features.errors import LeadscoreError
        from serving.api import MOST_LEADS

        if len(leads) > MOST_LEADS:
            raise LeadscoreError(f"leads: are {len(leads):,}; {MOST_LEADS:,} may be asked at once.",
                                 "Ask several times, or use 'leadscore score' on a file.")  # fmt: skip
        read = self._reader(as_of)
        found = self._told([read(lead) for lead in leads])
        return {"scores": [self._explained(lead, parts=False)["score"] for lead in found]}

    def explain(self, lead: dict[str, Any], as_of: str | None = None) -> dict[str, Any]:
        """One score with every reason and the arithmetic behind it."""
        return self._explained(self._told([self._reader(as_of)(lead)])[0], parts=True)

    def _told(self, found: list[Any]) -> list[Any]:
        """The leads among `found` with what is known of their accounts, each other's too."""
        from features.lead import Lead
        from serving.neighbours import neighbours_of

        leads = [one for one in found if isinstance(one, Lead)]
        if self.ledger is not None:
            leads = neighbours_of(self.ledger).together(self.recipe, leads)
        told = iter(leads)
        return [next(told) if isinstance(one, Lead) else one for one in found]

    def asked_for(self) -> str:
        """What a lead of this company may hold, for who has never seen one."""
        fields = ", ".join(f"{name} ({one.type})" for name, one in self.recipe.lead.fields.items())
        kinds = ", ".join(self.recipe.events.kinds) if self.recipe.events else "none"
        return f"{_A_LEAD} Its fields: {fields}. Kinds of events: {kinds}."

    def _reader(self, as_of: str | None) -> Callable[[Any], Any]:
        """What reads a lead for this question: a Lead by who objects now, or the Score that says why not."""
        from features.clock import now_us
        from serving import Score
        from serving.api import named_by, read_item
        from serving.asked import Heard
        from serving.ledger import standing

        self.allowed("score")
        named, now = named_by(self.ledger, tells=False), now_us()
        heard = Heard() if self.ledger is None else standing(self.ledger)

        def read(lead: Any) -> Any:
            asked = lead | {"as_of": as_of} if as_of and isinstance(lead, dict) else lead
            found = read_item(self.ladder.reader, asked, now, named)
            return found if isinstance(found, Score) else heard.of(found)

        return read

    def _explained(self, found: Any, *, parts: bool) -> dict[str, Any]:
        from dataclasses import asdict

        from serving import Score
        from serving.answer import explain

        if isinstance(found, Score):
            return {"score": found.model_dump(mode="json")}
        if not parts:
            return {"score": self.ladder.score([found])[0].model_dump(mode="json")}
        told = explain(self.ladder, found)
        return {
            "score": told.score.model_dump(mode="json"), "margin": told.margin, "bias": told.bias,
            "parts": [asdict(part) for part in told.parts],
        }  # fmt: skip

    def plan(self, as_of: str | None = None, most: int = 20) -> dict[str, Any]:
        """Today's list of each owner, `most` leads of it; `leads_left` says how many are left out."""
        from features.errors import LeadscoreError
        from leadscore.plan_made import Habits, planned

        self.allowed("read")
        if most < 0:
            raise LeadscoreError("most: is below 0.", "Say how many leads you want to see.")
        habits = Habits.read(self.path, self.recipe, self.folder, None, as_of)
        how: dict[str, Any] = {"model": self.model, "csv_file": None, "html": None, "language": None}
        found: dict[str, Any] = planned(habits, **how, keep=False, force=False).as_dict()
        leads = found["leads"]
        return found | {"leads": leads[:most], "leads_left": max(len(leads) - most, 0)}

    def funnel(self, by: str = "origin") -> dict[str, Any]:
        """What each group of leads costs and brings."""
        from features import read_tables
        from serving.funnel import make_funnel

        self.allowed("read")
        place, _ = place_of(self.path, self.recipe, self.folder)
        tables = read_tables(self.recipe, place, opted_out=standing_here().opted_out)
        found: dict[str, Any] = make_funnel(self.recipe, tables, by=by).model_dump(mode="json")
        return found


def server_of(agent: Agent) -> Any:
    """The server whose tools ask `agent`.

    Raises:
        LeadscoreError: the SDK is not installed.
    """
    from importlib.metadata import version

    from features.errors import LeadscoreError

    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.tools import Tool
        from mcp.types import ToolAnnotations
    except ImportError:
        words = "an agent is answered through the 'mcp' package, which is not installed."
        raise LeadscoreError(words, "Run 'make extras', or pip install 'leadscore[mcp]'.") from None

    asked = agent.asked_for()
    only_read = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    tools = [
        _strict(Tool.from_function(_telling(tool), tool.__name__, description=told, annotations=only_read))
        for tool, told in ((agent.score, f"{_SCORE} {asked}"), (agent.explain, f"{_EXPLAIN} {asked}"),
                           (agent.plan, _PLAN), (agent.funnel, _FUNNEL))
    ]  # fmt: skip
    return MCPServer(
        "leadscore",
        version=version("leadscore"),
        instructions=_INSTRUCTIONS,
        tools=tools,
        log_level="WARNING",
    )


def _strict(tool: Any) -> Any:
    """`tool` that refuses what it does not know, such as a misspelt as_of, and repeats no value."""
    asked = tool.fn_metadata.arg_model
    asked.model_config.update(extra="forbid", hide_input_in_errors=True)
    asked.model_rebuild(force=True)
    tool.parameters = asked.model_json_schema(by_alias=True)
    return tool


_INSTRUCTIONS = (
    "Probabilities that leads convert within a horizon, with reasons. A lead is given whole (lead_id, "
    "created_at, fields, events) or, where the company keeps a ledger, by its lead_id alone. A status "
    "'opted_out' means that the person objects to being profiled: do not estimate anything of them yourself."
)
_A_LEAD = (
    'A lead: {"lead_id": "L1", "created_at": "2026-03-01", "fields": {…}, '
    '"events": [{"kind": …, "occurred_at": "2026-03-02T09:00:00Z"}]}.'
)
_SCORE = "Score leads: probability, score 1-99, grade, maturity, next action and reasons of each."
_EXPLAIN = "Explain one lead's score: every reason, and parts that add up to the margin in log-odds."
_PLAN = "Today's list of each owner: whom to contact until when, how, and why."
_FUNNEL = (
    "What each group of leads costs and brings, with intervals; by origin, campaign, channel, market, month."
)


def _telling(tool: Any) -> Any:
    """`tool` whose errors are told in our words, as the protocol's own."""
    import functools

    from mcp.server.mcpserver.exceptions import ToolError

    from features.errors import LeadscoreError

    @functools.wraps(tool)
    def told(*words: Any, **options: Any) -> Any:
        try:
            return tool(*words, **options)
        except LeadscoreError as error:
            raise ToolError(str(error)) from None
        except click.ClickException as error:
            raise ToolError(error.format_message()) from None
        except Exception as error:  # its words may hold what was sent
            raise ToolError(f"could not answer ({type(error).__name__}): please report it.") from None

    return told
