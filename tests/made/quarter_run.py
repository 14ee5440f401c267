"""A quarter of a simulated company through the command: ledger, plan, calls, agreement, a rule changed."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from click.testing import CliRunner

import data
from features.clock import to_us
from leadscore.command import main
from tests.made.quarter import QuarterWorld

ZONE = ZoneInfo("Europe/Paris")
SESSIONS = (9,)
"""Hours at which the day's list is made."""
MINUTES = 12
"""Of one call."""
_OWNERS = (("Anna", 2, 12, ""), ("Bob", 1, 8, "left = {left}\n"), ("Chloé", 1, 8, ""))
_PLAYBOOK = """\
version = 1
country = "FR"
[contact]
hot_minutes = 60
warm_minutes = 240
attempts = 4
[consent]
email = "newsletter"
[routing]
by = "load"
"""
_AGREEMENT = """\
version = 1
[sales]
hot_minutes = 60
mql_hours = 16
attempts = 2
[marketing]
mql_per_month = {mql}
accepted_share = 0.5
complete_share = 0.9
"""
_ADDED = """
[[exclude]]
name = "unsubscribed"
events = ["unsubscribe"]
[[example]]
name = "asked for a demo yesterday"
fields = {{ job_title = "Marketing director" }}
events = [{{ kind = "demo_request", days_ago = 1 }}]
fit = 5
engagement = 29.7
"""


@dataclass
class Followed:
    """What happened: a row a session, a call, a month; the rule's change; `lists` are the plans as told."""

    sessions: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    checks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    change: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    moments: list[tuple[int, int]] = field(default_factory=list)


def command(*words: str, codes: tuple[int, ...] = (0,)) -> str:
    """What a verb prints on stdout; its code must be one of `codes`."""
    result = CliRunner().invoke(main, list(words))
    assert result.exit_code in codes, result.output[-3000:]
    return result.stdout


def follow(
    folder: Path, *, leads: int, seed: int, start: date, days: int, change: date, left: date
) -> tuple[Followed, QuarterWorld]:
    """A company of `leads` in `folder`, followed from `start` for `days`; the working folder is `folder`.

    On the morning of `change` the scorecard changes; from `left` on Bob is not there any more.
    """
    os.chdir(folder)
    os.environ["LEADSCORE_LEDGER"] = str(folder / "ledger.sqlite")
    data.simulate(folder / "world", leads=leads, seed=seed)
    begin = to_us(datetime(start.year, start.month, start.day, tzinfo=ZONE))
    world = QuarterWorld(folder / "world", begin)
    _set_up(folder, left)
    found, last, pending = Followed(), -1, list[tuple[str, int]]()
    world.write(folder / "arrived", last, begin, [])
    command("ledger", "init")
    command("ledger", "import", "recipe.toml", "--data", "arrived", codes=(0, 3))
    last = begin
    for moment in _moments(start, days):
        at = to_us(moment)
        if moment.date() == change and moment.hour == SESSIONS[0]:
            _change(folder, found, moment)
        world.write(folder / "arrived", last, at, pending)
        command("ledger", "import", "recipe.toml", "--data", "arrived", codes=(0, 3))
        last = at
        pending = _session(found, world, moment)
        if moment.hour == SESSIONS[-1] and _next(moment).month != moment.month:
            _check(found, moment)
    return found, world


def _set_up(folder: Path, left: date) -> None:
    """The recipe with an agreement and a scorecard of its own, the playbook with its owners."""
    text = (folder / "world" / "recipe.toml").read_text(encoding="utf-8")
    (folder / "recipe.toml").write_text(
        'rules = "rules.toml"\nagreement = "agreement.toml"\n' + text, encoding="utf-8"
    )
    (folder / "agreement.toml").write_text(
        _AGREEMENT.format(mql=20) + '[[refusal]]\nreason = "no budget"\nback_days = 120\n'
    )
    owners = "".join(
        f'[[owner]]\nname = "{name}"\nshare = {share}\nper_day = {most}\n{more.format(left=left)}'
        for name, share, most, more in _OWNERS
    )
    (folder / "playbook.toml").write_text(_PLAYBOOK + owners, encoding="utf-8")
    (folder / "arrived").mkdir()
    (folder / "rules.toml").write_text(command("rules", "show", "world/recipe.toml"), encoding="utf-8")


def _moments(start: date, days: int) -> Iterator[datetime]:
    for day in (start + timedelta(days=n) for n in range(days)):
        if day.weekday() < 5:
            for hour in SESSIONS:
                yield datetime(day.year, day.month, day.day, hour, tzinfo=ZONE)


def _next(day: datetime) -> datetime:
    """The next working day, but for holidays."""
    return day + timedelta(days={4: 3, 5: 2}.get(day.weekday(), 1))


def _session(found: Followed, world: QuarterWorld, moment: datetime) -> list[tuple[str, int]]:
    """The list of a moment, and the calls that its owners make: in its order, one after the other."""
    told = json.loads(
        command("plan", "recipe.toml", "--data", "ledger", "--keep", "--as-of", moment.isoformat(), "--json")
    )
    today = [one for one in told["leads"] if one["today"] and one["what"] in ("call", "book", "write")]
    made: list[tuple[str, int]] = []
    done = Counter[str]()
    for one in today:
        due = datetime.fromisoformat(one["due"])
        free = moment + timedelta(minutes=MINUTES * (done[one["owner"]] + 1))
        at = free if one["urgent"] else max(free, due)
        if one["owner"] is None or at >= moment + timedelta(hours=9):
            continue
        done[one["owner"]] += 1
        made.append((one["lead_id"], to_us(at.astimezone(UTC))))
        world.called.setdefault(one["lead_id"], made[-1][1])
        score = one["score"]
        found.calls.append(
            {"at": at.isoformat(timespec="minutes"), "lead": one["lead_id"], "owner": one["owner"],
             "what": one["what"], "maturity": score["maturity"], "why": one["why"]}
        )  # fmt: skip
    bands = Counter(one["score"]["maturity"] or "none" for one in told["leads"])
    found.sessions.append(
        {"at": moment.isoformat(timespec="minutes"), "open": len(told["leads"]), "due": len(today),
         "calls": len(made), **{band: bands[band] for band in ("hot", "warm", "cold")}}
    )  # fmt: skip
    found.moments.append((to_us(moment.astimezone(UTC)), len(made)))
    found.lists[moment.isoformat(timespec="minutes")] = [
        {key: one[key] for key in ("lead_id", "owner", "what", "due", "urgent", "why")} for one in today
    ]
    return made


def _change(folder: Path, found: Followed, moment: datetime) -> None:
    """The scorecard of tomorrow: checked and tried, the difference looked at, and only then named."""
    text = (folder / "rules.toml").read_text(encoding="utf-8")
    after = text.replace("\nhot = 60", "\nhot = 45") + _ADDED.format()
    (folder / "rules-new.toml").write_text(after, encoding="utf-8")
    command("rules", "check", "recipe.toml", "rules-new.toml")
    tried = json.loads(command("rules", "test", "recipe.toml", "rules-new.toml", "--json", codes=(0, 1)))
    told = command(
        "rules", "diff", "recipe.toml", "rules.toml", "rules-new.toml", "--data", "ledger",
        "--as-of", moment.isoformat(), "--json",
    )  # fmt: skip
    found.change = {"at": moment.isoformat(timespec="minutes"), "diff": json.loads(told), "examples": tried}
    (folder / "rules-new.toml").replace(folder / "rules.toml")


def _check(found: Followed, moment: datetime) -> None:
    at = moment.replace(hour=18).isoformat()
    told = command(
        "plan", "recipe.toml", "--data", "ledger", "--as-of", at, "--check", "--json", codes=(0, 1)
    )
    found.checks[moment.strftime("%Y-%m")] = json.loads(told)["promises"]
