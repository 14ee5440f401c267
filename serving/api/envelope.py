"""The request of one lead: a static envelope, whose fields are checked against the recipe that answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from features.clock import RANGE_WORDS, in_range, parse_moment
from features.errors import LeadError, LeadscoreError
from features.lead import Lead, LeadReader
from features.refused import wrong
from serving.answer import Ladder
from serving.asked import Heard, asked_alike, asked_of
from serving.ledger.sent import MOST_ID
from serving.neighbours import Neighbours
from serving.score import NO_ID, OWN_ID, Problem, Score, failed
from serving.skew import RequestLog
from serving.wire.plain import plain_leads
from serving.wire.sent_json import UnfitItem, as_text
from serving.wire.written import Answered, WrittenAnswers

_NOTHING = Heard()
NO_LEDGER = "ledger"
"""The field of a problem that is not the lead's: the ledger could not be asked."""
_READ_TOGETHER, _WRITTEN_TOGETHER = 5, 16
"""Items from which on they are read, and their answers written, together: what is sooner then."""
_BY_NAME = frozenset({"lead_id", "as_of"})
_ACCEPTED = "lead_id, fields, events, as_of, created_at, stage"


class LeadRequest(BaseModel):
    """One lead to score.

    `events`: leave out what you do not track (event features are then missing and a scorer without them
    answers); send an empty list where nothing happened. Without `as_of` the clock is taken.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    lead_id: Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=MOST_ID)]
    fields: dict[str, Any] = Field(default_factory=dict)
    events: list[dict[str, Any]] | None = None
    as_of: str | None = None
    created_at: str | None = None
    stage: str | None = None


def score_items(
    ladder: Ladder,
    items: Sequence[Any],
    now_us: int,
    reasons: int = 3,
    log: RequestLog | None = None,
    standing: Heard = _NOTHING,
    neighbours: Neighbours | None = None,
) -> list[Score]:
    """A score for each of `items`, in order; wrong input is the error of its own item only.

    `now_us` is the as_of of items that name none. `log` keeps each readable request with its features.
    `standing` (`serving.ledger.standing`) says who objects to being profiled: they get a status and no score.
    `neighbours` (`serving.neighbours.neighbours_of`) tells of the other leads of accounts.
    """
    found = answer_items(ladder, items, now_us, reasons, log, None, standing, neighbours)
    return [one.score for one in found]


Named: TypeAlias = Callable[[LeadReader, str, int], Lead]
"""The lead of a name as it stood at a moment, such as the ledger knows it."""


def answer_items(
    ladder: Ladder,
    items: Sequence[Any],
    now_us: int,
    reasons: int = 3,
    log: RequestLog | None = None,
    named: Named | None = None,
    standing: Heard = _NOTHING,
    neighbours: Neighbours | None = None,
    *,
    written: bool = False,
) -> list[Answered]:
    """As `score_items`, with what each score was computed from; of who objects, of nothing.

    `written`: nobody needs the scores, so that of many their JSON is made at once.

    With `named` an item that holds a `lead_id` alone (and an `as_of`) is the lead that is known by it;
    `neighbours` tells of the other leads of accounts.
    """
    read = [heard(one, standing) for one in read_items(ladder.reader, items, now_us, named)]
    if neighbours is not None:
        told = iter(neighbours.together(ladder.recipe, [one for one in read if isinstance(one, Lead)]))
        read = [next(told) if isinstance(one, Lead) else one for one in read]
    leads = [lead for lead in read if isinstance(lead, Lead)]
    answers = iter(_answers(ladder, leads, reasons, written))
    found: list[Answered] = []
    for item, lead in zip(items, read, strict=True):
        if isinstance(lead, Score):
            found.append(Answered(lead))
            continue
        answer = next(answers)
        found.append(answer)
        if log is None or lead.opted_out or is_named(item, named) or (row := answer.row) is None:
            continue
        log.append(item, lead.as_of_us, ladder.features, row, ladder.top.scorer.version)
    return found


def heard(lead: Lead | Score, standing: Heard) -> Lead | Score:
    """`lead` with what is said of it."""
    return standing.of(lead) if isinstance(lead, Lead) else lead


def is_named(item: Any, named: Named | None) -> bool:
    """Whether an item gives a name alone, and somebody knows leads by their names."""
    return named is not None and isinstance(item, dict) and "lead_id" in item and set(item) <= _BY_NAME


def _answers(ladder: Ladder, leads: Sequence[Lead], reasons: int, written: bool) -> list[Answered]:
    """The answers to `leads`, with the columns that they were computed from.

    Should one lead break something, it has an error and no columns, and the others are answered all the same.
    """
    try:
        columns = ladder.plan.columns(leads)
        if written and len(leads) >= _WRITTEN_TOGETHER and not ladder.foresees:
            told = ladder.answers(columns, asked_alike(leads), reasons)
            made = WrittenAnswers.of(told, [lead.lead_id for lead in leads])
            return [Answered(made, lead, columns, at) for at, lead in enumerate(leads)]
        scores = ladder.score_columns(columns, [asked_of(lead) for lead in leads], reasons)
        answers = enumerate(zip(scores, leads, strict=True))
        return [Answered(score, lead, columns, at) for at, (score, lead) in answers]
    except Exception as error:
        if len(leads) > 1:
            return [answer for lead in leads for answer in _answers(ladder, [lead], reasons, written)]
        return [Answered(_unforeseen(lead.lead_id, error), lead) for lead in leads]


def _unforeseen(name: str | None, error: Exception) -> Score:
    problem = f"could not be scored ({type(error).__name__})"
    return failed(name, [Problem(field="lead", problem=problem, remedy="Please report it as a bug.")])


def read_lead(reader: LeadReader, request: LeadRequest, now_us: int) -> Lead:
    """The lead of a request, as features see it.

    Raises:
        LeadError: fields or events that the recipe does not know, or values that it cannot read.
        ValueError: `as_of` is not a moment.
    """
    return reader.read(
        lead_id=request.lead_id,
        fields=request.fields,
        events=request.events,
        as_of_us=_moment(reader, request, now_us),
        created_at=request.created_at,
        stage=request.stage,
    )


def _moment(reader: LeadReader, request: LeadRequest, now_us: int) -> int:
    as_of = now_us if request.as_of is None else parse_moment(request.as_of, reader.recipe.recipe.zone)
    if not in_range(as_of):
        raise ValueError("as_of is far outside the dates that are accepted")
    return as_of


def read_item(reader: LeadReader, item: Any, now_us: int, named: Named | None = None) -> Lead | Score:
    """The lead of one item, or the score that says what is wrong with it."""
    if isinstance(item, UnfitItem):
        name, problem = _id_of({"lead_id": item.lead_id}), item.problem
        return failed(name, [Problem(field=problem.field, problem=problem.problem, remedy=problem.remedy)])
    name = _id_of(item)
    if not isinstance(item, dict):
        remedy = f"Send an object with {_ACCEPTED}."
        return failed(name, [Problem(field="lead", problem="is not a JSON object", remedy=remedy)])
    try:
        request = LeadRequest.model_validate(item)
    except ValidationError as error:
        return failed(name, [_envelope_problem(problem) for problem in error.errors(include_input=False)])
    try:
        if named is not None and is_named(item, named):
            return named(reader, request.lead_id, _moment(reader, request, now_us))
        return read_lead(reader, request, now_us)
    except LeadError as error:
        return failed(
            name, [Problem(field=p.field, problem=p.problem, remedy=p.remedy) for p in error.problems]
        )
    except LeadscoreError as error:
        place = NO_LEDGER if is_named(item, named) else "lead"
        return failed(name, [Problem(field=place, problem=error.problem, remedy=error.remedy)])
    except (ValueError, OverflowError):
        remedy = "Send ISO 8601, such as 2025-01-31T09:30:00+01:00, or leave it out for now."
        return failed(
            name, [Problem(field="as_of", problem=f"is not a date-time {RANGE_WORDS}", remedy=remedy)]
        )
    except Exception as error:  # whatever one lead brings, the others are answered
        return _unforeseen(name, error)


def read_items(
    reader: LeadReader, items: Sequence[Any], now_us: int, named: Named | None = None
) -> list[Lead | Score]:
    """`read_item` of each of `items`; of many those that are plain are read together, by column."""
    known = dict[int, Lead]()
    if len(items) >= _READ_TOGETHER:
        whole = {at: item for at, item in enumerate(items) if not is_named(item, named)}
        known = plain_leads(reader, whole, now_us)
    return [known.get(at) or read_item(reader, item, now_us, named) for at, item in enumerate(items)]


def _id_of(item: Any) -> str | None:
    """The lead's id as far as the item has a usable one, so that its sender finds the error again."""
    raw = as_text(item.get("lead_id")) if isinstance(item, dict) else None
    return raw if isinstance(raw, str) and raw else None


def _envelope_problem(problem: Any) -> Problem:
    place = ".".join(str(part) for part in problem["loc"]) or "lead"
    if problem["loc"] == ("lead_id",) and problem["type"] in ("missing", "too_short", "string_too_short"):
        return Problem(field=place, problem=NO_ID, remedy=OWN_ID)
    if problem["type"] == "extra_forbidden":
        remedy = f"Accepted beside 'fields': {_ACCEPTED}. A CRM's own fields go inside 'fields'."
        return Problem(field=place, problem=wrong(problem), remedy=remedy)
    return Problem(field=place, problem=wrong(problem), remedy=f"A lead has {_ACCEPTED}.")
