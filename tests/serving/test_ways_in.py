"""Whichever way a lead comes in, it is read alike: the same status, probability and words.

One table of odd leads goes through a CSV export, HTTP, Python, and the replay of what HTTP logged.
"""

from __future__ import annotations

import asyncio
import csv
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from starlette.applications import Starlette

from features import LeadError, LeadscoreError, default_features, parse_recipe, tables_from_frames
from features.catalogue import EventCount, FieldValue, LeadAge, WallClock
from features.clock.instants import parse_moment
from features.lead.reader import parse_lead
from features.readings import offline
from serving.answer.compose import Rung
from serving.answer.ladder import Ladder
from serving.answer.opening import Opened
from serving.api.desk import Desk
from serving.batch.export import score_export
from serving.edge.watch import Watch
from serving.returned.summary import BatchSummary
from serving.rules.default import default_rules
from serving.rules.file import parse_rules
from serving.score import Problem, Score, failed
from serving.scorers.linear import Linear
from serving.scorers.linear_columns import LinearEncoder, NumberColumn
from serving.skew.check import check_skew, mismatches
from serving.skew.log import RequestLog
from serving.wire.flat import ScoreAnswer

AS_OF = "2026-03-02T12:00:00+00:00"
AS_OF_US = parse_moment(AS_OF, "UTC")

RECIPE = parse_recipe("""
[recipe]
name = "ways"
horizon_days = 30

[tables]
leads = "leads.csv"
events = "events.csv"

[lead]
id = "lead_id"
created_at = "created_at"
opted_out = "opted_out"

[lead.fields]
size = { type = "number", means = "size" }
industry = { type = "category", means = "industry" }
email = { type = "email" }
callback = { type = "boolean" }
renewal = { type = "date" }

[events]
event_id = "event_id"
ingested_at = "ingested_at"
value = "value"

[events.kinds]
demo_request = "intent"
visit = "interest"

[outcomes]
column = "outcome"
occurred_at = "outcome_at"
won = ["Won"]
lost = ["Lost"]
""")

DEMO = {"kind": "demo_request", "occurred_at": "2026-03-01T10:00:00Z", "value": "5"}
LEAD = {"created_at": "2026-01-10T09:00:00Z", "size": "40", "industry": "Software", "email": "a@acme.io"}
HEADER = [*LEAD, "callback", "renewal", "opted_out", "outcome", "outcome_at"]
EVENT_HEADER = ["lead_id", "kind", "occurred_at", "ingested_at", "event_id", "value"]

UNREADABLE = "cannot be read; expected"
DATE = "cannot be read; expected a date or date-time from 1900 to 2099"
NOT_KNOWN = "the date of creation is not known"


@dataclass(frozen=True)
class Odd:
    """A lead with something odd: `cells` and `events` over the plain ones, and what is answered.

    `says` is part of an error or a warning, '' where nothing is to be said. `only` are the ways that can hold
    it, and `why` the others cannot.
    """

    name: str
    cells: Mapping[str, Any] = field(default_factory=dict)
    events: Sequence[Mapping[str, Any]] = (DEMO,)
    status: str = "scored"
    says: str = ""
    only: tuple[str, ...] = ("file", "http", "python")
    why: str = ""


NOT_IN_A_FILE = ("http", "python")
ODD = [
    Odd("plain"),
    Odd("no events", events=()),
    Odd("value unreadable", events=[{**DEMO, "value": "much"}], status="error", says=f"value: {UNREADABLE}"),
    Odd("value empty", events=[{**DEMO, "value": ""}]),
    Odd("value infinite", events=[{**DEMO, "value": "inf"}]),
    Odd("value beyond all numbers", events=[{**DEMO, "value": "1e400"}]),
    Odd("value too large", events=[{**DEMO, "value": "-1e301"}]),
    Odd("value of 400 digits", events=[{**DEMO, "value": "9" * 400 + " €"}]),
    Odd("value nan", events=[{**DEMO, "value": "nan"}]),
    Odd("value of money", events=[{**DEMO, "value": "$1 200"}]),
    Odd(
        "of another lead", events=[{**DEMO, "lead_id": "plain"}], status="error", says="names another lead",
        only=NOT_IN_A_FILE, why="in a table an event is the lead's that it names",
    ),
    Odd("its own id", events=[{**DEMO, "lead_id": "its own id"}]),
    Odd("no time", events=[{"kind": "visit"}], status="error", says="lacks kind or occurred_at"),
    Odd("no kind", events=[{"occurred_at": "2026-03-01"}], status="error", says="lacks kind or occurred_at"),
    Odd("time unreadable", events=[{**DEMO, "occurred_at": "soon"}], status="error", says=DATE),
    Odd("received unreadable", events=[{**DEMO, "ingested_at": "soon"}], status="error", says=DATE),
    Odd("received later", events=[{**DEMO, "ingested_at": "2026-04-01"}], says="1 event after as_of"),
    Odd("event of the year 1", events=[{**DEMO, "occurred_at": "0001-01-01"}], status="error", says=DATE),
    Odd("event of 9999", events=[DEMO, {**DEMO, "occurred_at": "9999-12-31"}], status="error", says=DATE),
    Odd("event of 0001-01-01 at 0 h", events=[{**DEMO, "occurred_at": "0001-01-01T00:00:00Z"}],
        status="error", says=DATE),
    Odd("unknown kind", events=[DEMO, {**DEMO, "kind": "click"}], says="1 event of a kind that"),
    Odd("unknown and bad", events=[DEMO, {"kind": "click", "occurred_at": "soon"}], says="1 event of a kind"),
    Odd("event later", events=[DEMO, {**DEMO, "occurred_at": "2026-03-02"}], says="1 event after as_of"),
    Odd("event after the clock", events=[DEMO, {**DEMO, "occurred_at": "2099-03-02"}],
        says="1 event after as_of"),
    Odd("event twice", events=[{**DEMO, "event_id": "7"}, {**DEMO, "event_id": "7"}]),
    Odd("event before creation", events=[{**DEMO, "occurred_at": "2020-01-01"}]),
    Odd("number unreadable", {"size": "many"}, status="error", says=f"size: {UNREADABLE} a number"),
    Odd("boolean unreadable", {"callback": "maybe"}, status="error", says=f"callback: {UNREADABLE} true"),
    Odd("date unreadable", {"renewal": "soon"}, status="error", says=f"renewal: {DATE}"),
    Odd("date of the year 1", {"renewal": "0001-01-01"}),
    Odd("opt-out unreadable", {"opted_out": "maybe"}, status="error", says=f"opted_out: {UNREADABLE} true"),
    Odd("two things", {"size": "many", "callback": "maybe"}, status="error", says="callback"),
    Odd("things of all kinds",
        {"size": "many", "created_at": "soon", "opted_out": "maybe", "outcome_at": "soon"},
        [{**DEMO, "value": "much", "occurred_at": "soon", "ingested_at": "soon"}],
        status="error", says="opted_out"),
    Odd("a thousand wrong events", events=[{**DEMO, "occurred_at": "soon"}] * 1000, status="error",
        says="has 980 more problems"),
    Odd("another case", {"industry": "  SOFT  ware "}),
    Odd("number nan", {"size": "nan"}),
    Odd("number infinite", {"size": "-inf"}),
    Odd("number too large", {"size": "1e301"}),
    Odd("number beyond all numbers", {"size": "-1e400"}),
    Odd("number of 400 digits", {"size": "9" * 400}),
    Odd("odd address", {"email": "not an address"}),
    Odd("opted out", {"opted_out": "yes"}, status="opted_out"),
    Odd("won", {"outcome": "won"}, status="closed"),
    Odd("lost at a time", {"outcome": "Lost", "outcome_at": "2026-02-01"}, status="closed"),
    Odd("won after as_of", {"outcome": "Won", "outcome_at": "2026-03-02T12:00:00.000001Z"}),
    Odd("won at as_of", {"outcome": "Won", "outcome_at": AS_OF}, status="closed"),
    Odd("outcome that closes nothing", {"outcome": "In talks", "outcome_at": "2026-02-01"}),
    Odd("won some day", {"outcome": "Won", "outcome_at": "soon"}, status="error", says=f"outcome_at: {DATE}"),
    Odd("no creation", {"created_at": ""}, says=NOT_KNOWN),
    Odd("creation nan", {"created_at": "NaN"}, says=NOT_KNOWN),
    Odd("no creation, no events", {"created_at": ""}, events=(), says=NOT_KNOWN),
    Odd("no creation, opted out", {"created_at": "", "opted_out": "1"}, status="opted_out", says=NOT_KNOWN),
    Odd("created later", {"created_at": "2026-03-02T12:00:01Z"}, status="error", says="is after as_of"),
    Odd("created as of", {"created_at": AS_OF}),
    Odd("creation unreadable", {"created_at": "yesterday"}, status="error", says=f"created_at: {DATE}"),
    Odd("created in the year 1", {"created_at": "0001-01-01"}, status="error", says=f"created_at: {DATE}"),
    Odd("created in 9999", {"created_at": "9999-12-31"}, status="error", says=f"created_at: {DATE}"),
    Odd("date of 9999", {"renewal": "9999-12-31"}),
    Odd("won in 9999", {"outcome": "Won", "outcome_at": "9999-12-31"}, status="error",
        says=f"outcome_at: {DATE}"),
    Odd("null"),
    Odd("", status="error", says="lead_id: is empty", only=("file", "http"), why="Python is given an id"),
    Odd("   ", status="error", says="lead_id: is empty", only=("file", "http"), why="Python is given an id"),
    Odd(
        "field not known", {"sise": "4"}, status="error", says="sise: is not a field of the recipe",
        only=NOT_IN_A_FILE, why="an export may have any columns; one that is nearly a field's is warned of",
    ),
    Odd(
        "JSON numbers", {"size": 40.0, "callback": True}, [{**DEMO, "value": 5}],
        only=NOT_IN_A_FILE, why="a CSV holds texts",
    ),
    Odd(
        "JSON nan", {"size": float("nan")}, status="error", says="is no finite number",
        only=("http",), why="JSON has no NaN; in a file it is a text, in Python the missing cell of a frame",
    ),
    Odd("a frame's nan", {"size": float("nan")}, only=("python",), why="JSON has none, a CSV holds texts"),
]  # fmt: skip


def ladder() -> Ladder:
    """A line over the lead's age, the hour of its creation, its size and its events; then the scorecard."""
    features = (LeadAge(), WallClock("creation", "hour"), EventCount(), FieldValue("size", "number"))
    numbers = [(f.name, median) for f, median in zip(features, (30.0, 11.0, 1.0, 20.0), strict=True)]
    columns = tuple(NumberColumn(name=name, median=m, mean=m, scale=10.0, flag=False) for name, m in numbers)
    line = Linear(features, LinearEncoder(columns=columns), (-0.4, 0.3, 0.8, 0.2), -1.5)
    rules = parse_rules(default_rules(RECIPE), RECIPE)
    return Ladder(
        RECIPE, rules, (Rung(line, rules.reference(), needs_events=True), Rung(rules, rules.reference()))
    )


LADDER = ladder()


@dataclass(frozen=True)
class Told:
    """What a way in answers: the same of all, once the place of an event is told by nothing."""

    status: str
    probability: float | None
    error: str
    warnings: str


def told(score: Score) -> Told:
    """An answer in the words that are compared; an event's number or line is the way's own."""
    plain = re.sub(r"events\[[^]]*\]", "events", str(score.error or ""))
    return Told(score.status, score.probability, plain, "; ".join(score.warnings))


def body(odd: Odd, with_events: bool = True) -> dict[str, Any]:
    """The request of an odd lead."""
    events = list(odd.events) if with_events else None
    return {"lead_id": odd.name, "fields": {**LEAD, **odd.cells}, "events": events, "as_of": AS_OF}


def by_http(odds: Sequence[Odd], log: Path, with_events: bool = True) -> list[Told]:
    """One request with all of them, through the service's own routes."""
    return posted([body(odd, with_events) for odd in odds], log)


def posted(bodies: list[dict[str, Any]], log: Path) -> list[Told]:
    """What the service's routes answer to a list of requests; what they read is appended to `log`."""
    with warnings.catch_warnings():  # what BentoML imports warns of itself
        warnings.simplefilter("ignore", DeprecationWarning)
        from serving.edge.service import routes
    app = Starlette(routes=routes.routes)
    opened = Opened(LADDER, "tests")
    app.state.desk = Desk(opened, Watch(opened, None, None, lambda _: None), log=RequestLog(log))

    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://tests") as client:
            return await client.post("/v1/score", content=json.dumps(bodies))

    answer = asyncio.run(post())
    assert answer.status_code == 200
    return [told(ScoreAnswer.model_validate(one)) for one in answer.json()]


def by_python(odds: Sequence[Odd], with_events: bool = True) -> list[Told]:
    """One call a lead, the creation beside the fields."""
    found = []
    for odd in odds:
        cells: dict[str, Any] = {**LEAD, **odd.cells}
        created = cells.pop("created_at")
        events = list(odd.events) if with_events else None
        try:
            lead = parse_lead(
                RECIPE, lead_id=odd.name, fields=cells, events=events, as_of_us=AS_OF_US, created_at=created
            )
            found.append(told(LADDER.score([lead])[0]))
        except LeadError as error:
            problems = [Problem(field=p.field, problem=p.problem, remedy=p.remedy) for p in error.problems]
            found.append(told(failed(odd.name, problems)))
    return found


def written(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, header, extrasaction="raise")
        writer.writeheader()
        writer.writerows(rows)
    return path


def exported(odds: Sequence[Odd], folder: Path, drop: Sequence[str] = ()) -> tuple[Path, Path]:
    """The leads and the events of `odds` as CSV, without the columns to `drop`."""
    header = [name for name in ("lead_id", *HEADER) if name not in drop]
    rows = [{"lead_id": odd.name, **LEAD, **odd.cells} for odd in odds]
    kept = [{name: cell for name, cell in row.items() if name in header} for row in rows]
    events = [{**event, "lead_id": odd.name} for odd in odds for event in odd.events]
    leads = written(folder / "leads.csv", header, kept)
    return leads, written(folder / "events.csv", EVENT_HEADER, events)


def scored(leads: Path, events: Path | None) -> tuple[list[Told], BatchSummary]:
    """What a batch answers for each row."""
    out = leads.with_name("scored.csv")
    summary = score_export(RECIPE, LADDER, leads, out, events=events, as_of_us=AS_OF_US)
    rows = pd.read_csv(out, dtype=str, keep_default_na=False)
    found = []
    for row in rows.to_dict("records"):
        error = re.sub(r"events\[[^]]*\]", "events", row["error"])
        probability = float(row["ls_probability"]) if row["ls_probability"] else None
        found.append(Told(row["ls_status"], probability, error, row["ls_warnings"]))
    return found, summary


def by_file(odds: Sequence[Odd], folder: Path, with_events: bool = True) -> list[Told]:
    leads, events = exported(odds, folder)
    return scored(leads, events if with_events else None)[0]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Told]]:
    """Way → name of the odd lead → what it was told; all leads of a way go in together."""
    folder = tmp_path_factory.mktemp("ways")
    able = {way: [odd for odd in ODD if way in odd.only] for way in ("file", "http", "python")}
    found = {
        "file": by_file(able["file"], folder),
        "http": by_http(able["http"], folder / "log"),
        "python": by_python(able["python"]),
    }
    return {way: {odd.name: one for odd, one in zip(able[way], found[way], strict=True)} for way in able}


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd.name or "empty id")
def test_an_odd_lead_is_answered_alike_whichever_way_it_comes(
    answers: dict[str, dict[str, Told]], odd: Odd
) -> None:
    assert bool(odd.why) == (len(odd.only) < 3), "a way that cannot hold it says why"
    found = {way: answers[way][odd.name] for way in odd.only}
    first = found[odd.only[-1]]
    assert all(one == first for one in found.values()), found
    assert first.status == odd.status
    if odd.says:
        assert odd.says in f"{first.error} {first.warnings}"
    else:
        assert (first.error, first.warnings) == ("", "")


def test_what_was_logged_of_them_replays_without_a_difference(tmp_path: Path) -> None:
    for with_events in (True, False):
        by_http([odd for odd in ODD if "http" in odd.only], tmp_path / "log", with_events)
    rows = check_skew(tmp_path / "log", RECIPE)
    assert mismatches(rows) == 0, [row for row in rows if row.mismatches]
    read = [odd for odd in ODD if "http" in odd.only and odd.status != "error"]
    assert all(row.rows > 2 * len(read) - 1 for row in rows)


def test_events_that_are_not_given_are_missing_in_every_way_and_not_none(
    answers: dict[str, dict[str, Told]], tmp_path: Path
) -> None:
    odds = [odd for odd in ODD if len(odd.only) == 3]
    file, http = by_file(odds, tmp_path, False), by_http(odds, tmp_path / "log", False)
    assert file == http == by_python(odds, False)
    plain = file[[odd.name for odd in odds].index("plain")]
    assert "events were not given" in plain.warnings
    assert plain.probability != answers["http"]["no events"].probability


def test_numbers_beyond_all_reason_are_missing(answers: dict[str, dict[str, Told]]) -> None:
    no_number = ("nan", "infinite", "too large", "beyond all numbers", "of 400 digits")
    for what in ("number", "value"):
        names = [f"{what} {odd}" for odd in no_number]
        found = {way: {answers[way][name].probability for name in names} for way in answers}
        assert len(set.union(*found.values())) == 1
    found = {way: {answers[way]["number infinite"].probability} for way in answers}
    assert answers["file"]["plain"].probability not in found["file"], "the number is read where it is one"


def test_an_outcome_after_as_of_says_nothing_yet(answers: dict[str, dict[str, Told]]) -> None:
    for way in answers.values():
        assert way["won after as_of"] == way["plain"]
        assert way["won at as_of"].probability is None


@pytest.mark.parametrize("year", ["0001", "1753", "1899", "2100", "9999"])
@pytest.mark.parametrize("typed", [False, True])
def test_a_date_that_no_lead_has_costs_no_other_lead_its_features(year: str, typed: bool) -> None:
    """One event of the year 1 overflowed the engine's whole numbers, and with them the whole file."""
    leads = pd.DataFrame([{"lead_id": name, **LEAD, "opted_out": ""} for name in ("a", "b")])
    dates = [f"{year}-06-01", "2026-03-01"] * 2
    rows = {"lead_id": ["a", "a", "b", "b"], "kind": "visit", "occurred_at": dates, "value": ["1", "2"] * 2}
    events = pd.DataFrame(rows).assign(event_id=None, ingested_at=None)
    frame = leads.assign(callback="", renewal="", outcome=None, outcome_at=None)
    if typed:
        events["occurred_at"] = pd.to_datetime(events["occurred_at"], format="%Y-%m-%d").astype(
            "datetime64[us]"
        )
    moments = pd.DataFrame({"lead_id": ["a", "b"], "as_of_us": AS_OF_US})
    read = [
        offline(default_features(RECIPE), RECIPE, tables_from_frames(RECIPE, frame, some), moments)
        for some in (events, events[events["value"] == "2"])
    ]
    for name, column in read[0].items():
        np.testing.assert_array_equal(column, read[1][name], err_msg=name)


def test_without_a_creation_the_hour_of_the_request_changes_nothing() -> None:
    """Seen before: the lead was 'created now', and warm at midnight and hot at six."""
    found = []
    for hour in range(24):
        moment = parse_moment(f"2026-03-02T{hour:02}:30:00+00:00", "UTC")
        lead = parse_lead(RECIPE, lead_id="a", fields={"size": 40}, events=[], as_of_us=moment)
        found.append(LADDER.score([lead])[0].probability)
    assert len(set(found)) == 1


def test_a_doubled_lead_is_scored_once_in_a_file_and_as_often_as_it_is_asked_elsewhere(
    tmp_path: Path,
) -> None:
    plain, other = Odd("twice", events=()), Odd("twice", {"size": "41"}, events=())
    file = by_file([plain, plain, other], tmp_path)
    asked = by_http([plain, plain, other], tmp_path / "log")
    assert file[0] == file[1] == asked[0] == asked[1]
    assert file[2].status == "error", "a table holds a lead once; which of two rows is it?"
    assert "appeared before with other cells" in file[2].error
    assert asked[2].status == "scored", "a request is a question, and may ask what would be"


@pytest.mark.parametrize("absent", [["size"], ["created_at"], ["industry", "email"], ["opted_out"]])
def test_an_absent_column_is_a_field_that_is_not_sent(absent: list[str], tmp_path: Path) -> None:
    odds = [odd for odd in ODD if len(odd.only) == 3 and not set(absent) & set(odd.cells)]
    leads, events = exported(odds, tmp_path, drop=absent)
    file, summary = scored(leads, events)
    sent = [body(odd) for odd in odds]
    for one in sent:
        one["fields"] = {name: cell for name, cell in one["fields"].items() if name not in absent}
    assert file == posted(sent, tmp_path / "log")
    for name in absent:
        assert any(f"'{name}'" in warning and "missing" in warning for warning in summary.warnings)


def test_a_misspelt_column_is_told_with_the_name_that_is_meant(tmp_path: Path) -> None:
    leads, events = exported([Odd("plain")], tmp_path)
    text = leads.read_text(encoding="utf-8").replace("size", "Sise").replace("created_at", "Created At")
    leads.write_text(text, encoding="utf-8")
    (answer,), summary = scored(leads, events)
    assert answer.status == "scored"
    (warning,) = summary.warnings
    assert warning == (
        "leads.csv lacks the columns 'size' (did you mean 'Sise'?), "
        "'created_at' (did you mean 'Created At'?), which count as missing for every lead"
    )


def test_a_misspelt_outcome_is_told_for_else_customers_would_be_scored(tmp_path: Path) -> None:
    leads, events = exported([Odd("won", {"outcome": "Won"})], tmp_path, drop=["outcome_at"])
    assert scored(leads, events)[1].warnings == [], "an export of open leads need not have it"
    leads.write_text(leads.read_text(encoding="utf-8").replace("outcome", "Outcomes"), encoding="utf-8")
    (warning,) = scored(leads, events)[1].warnings
    assert "'outcome' (did you mean 'Outcomes'?)" in warning


def test_events_may_lack_the_columns_that_they_need_not_have(tmp_path: Path) -> None:
    leads, events = exported([Odd("plain")], tmp_path)
    rows = pd.read_csv(events, dtype=str)
    rows[["lead_id", "kind", "occurred_at"]].to_csv(events, index=False)
    (answer,), summary = scored(leads, events)
    bare = Odd("plain", events=[{key: DEMO[key] for key in ("kind", "occurred_at")}])
    assert [answer] == by_http([bare], tmp_path / "log")
    assert any("'event_id', 'ingested_at', 'value'" in warning for warning in summary.warnings)


def test_an_export_of_which_nothing_is_known_is_refused(tmp_path: Path) -> None:
    leads = written(tmp_path / "leads.csv", ["lead_id", "other"], [{"lead_id": "a", "other": "1"}])
    with pytest.raises(LeadscoreError, match="has none of the columns that are read: size, industry"):
        scored(leads, None)
    nameless = written(tmp_path / "leads.csv", ["size"], [{"size": "4"}])
    with pytest.raises(LeadscoreError, match="names column 'lead_id'"):
        scored(nameless, None)
