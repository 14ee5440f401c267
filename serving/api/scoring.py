"""POST /v1/score: one lead or a list of leads, whole or by name, each answered by a score, which is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, pairwise
from time import monotonic
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from features.clock import now_us
from features.errors import FieldProblem, LeadError, LeadscoreError
from features.lead import Lead, LeadReader
from features.recipe import Recipe
from serving.answer import Ladder, Opened
from serving.api.desk import NOTHING, Desk, Waiting, desk_of
from serving.api.envelope import NO_LEDGER, Named, answer_items, is_named
from serving.api.problems import RefusedError
from serving.asked import Heard
from serving.exploration import with_draws
from serving.ledger import Ledger, ScoreGiven, lead_of
from serving.ledger.sent import storable
from serving.neighbours import neighbours_of
from serving.score import Score
from serving.wire.sent_json import parse_body
from serving.wire.written import Answered
from serving.words import language_of

MOST_LEADS = 1_000
_FEW, _TOGETHER = 20, 64
"""Up to so many whole leads of a request are scored with those of others that arrive in the same turn of the
loop, so many in all; more of a request go to a thread of their own: others need not wait."""
_REASONS, _MOST_REASONS = 3, 10
_TURN_RUNGS = 10
"""A turn may take as long as so many rungs; after that whoever waits is refused until it ends."""
_COMMIT_SECONDS = 2.0
_NOT_ASKED = "whether this person has objected meanwhile is not known: the ledger cannot be reached"
_NOT_KEPT = "this answer is not kept: the ledger could not store it"


async def score(request: Request) -> Response:
    """One lead (an object) is answered by a score, a list by a list: same length, same order.

    `?reasons=` is how many are given at most for and against, 0 to 10 (else 3).

    200 for a scored lead and for any list, 422 for a single lead whose input is wrong, 503 for one that is
    named while the ledger cannot be read, and for anybody while the scoring of earlier leads hangs,
    400 for a body that is not JSON, 413 for too long a list.
    """
    body = await json_body(request, MOST_LEADS, "leads")
    desk, most = desk_of(request), _reasons_asked(request)
    opened, items = desk.opened, body if isinstance(body, list) else [body]
    named, ladder = named_by(desk.ledger, tells=False), ladder_for(request)
    heard = await _heard(desk)
    counts = ladder.recipe.features.accounts
    beside = neighbours_of(desk.ledger) if counts and desk.ledger is not None else None
    if len(items) <= _FEW and beside is None and not any(is_named(item, named) for item in items):
        found = await _in_turn(desk, Waiting(items, ladder, heard, most))
    else:
        answer = partial(answer_items, ladder, items, now_us(), most, desk.log, named, heard, beside,
                         written=desk.writer is None)  # fmt: skip
        found = await run_in_threadpool(answer)
    until = monotonic() + _COMMIT_SECONDS
    if ladder.recipe.exploration is not None and desk.writer is not None:
        found = await run_in_threadpool(_drawn, desk.writer.ledger, ladder.recipe, found)
    answers = await kept(desk, opened, found, until)
    if desk.voices is not None and not desk.voices.sure:
        answers = [_warned(one, _NOT_ASKED) for one in answers]
    desk.counted([one.told for one in answers])
    if desk.shadow is not None:
        desk.shadow.put(items, found)
    if isinstance(body, list):
        return json_text("[" + ",".join([one.text for one in answers]) + "]", told_in=ladder)
    return json_text(answers[0].text, status_of(answers[0].told[0]), told_in=ladder)


async def _heard(desk: Desk) -> Heard:
    """Who objects and who contests now. To read it may mean to wait for a connection; SQLite tells at once
    whether there is anything to read."""
    if desk.voices is None:
        return NOTHING
    found = desk.voices.unchanged()
    return await run_in_threadpool(desk.heard) if found is None else found


def _reasons_asked(request: Request) -> int:
    """How many reasons for and against there may be, by `?reasons=`; none cost nothing."""
    if not request.scope["query_string"]:
        return _REASONS
    said = request.query_params.get("reasons", str(_REASONS))
    if not (said.isascii() and said.isdigit() and len(said) < 3 and int(said) <= _MOST_REASONS):
        raise RefusedError(400, "reasons", "is not a count", f"Say a number from 0 to {_MOST_REASONS}.")
    return int(said)


async def _in_turn(desk: Desk, waiting: Waiting) -> list[Answered]:
    """The answers of who is `waiting`, scored with everybody who arrives in this turn of the loop."""
    if desk.hangs:
        raise _hanging()
    loop = asyncio.get_running_loop()
    waiting.answer = loop.create_future()
    desk.turn.append(waiting)
    if desk.turns is None or desk.turns.done():
        desk.turns = loop.create_task(_take_turns(desk))
    return await waiting.answer


async def _take_turns(desk: Desk) -> None:
    """Score who waits, turn by turn, in a thread: while a rung hangs, whoever needs none is answered, such as
    a probe of readiness. Whatever fails, nobody is left without an answer."""
    while desk.turn:
        await asyncio.sleep(0)  # who arrives in this turn
        alike = desk.turn
        try:
            alike = _taken_together(desk)
            found = await _aside(desk, alike)
        except Exception as error:  # of whoever waits
            desk.turn = [] if alike is desk.turn else desk.turn
            found = [error for _ in alike]
        for one, answer in zip(alike, found, strict=True):
            if one.answer.done():  # its sender may have left
                continue
            if isinstance(answer, Exception):
                one.answer.set_exception(answer)
            else:
                one.answer.set_result(answer)


async def _aside(desk: Desk, alike: Sequence[Waiting]) -> list[list[Answered] | Exception]:
    loop = asyncio.get_running_loop()
    late = loop.call_later(_TURN_RUNGS * desk.budget.seconds, _give_up, desk, alike)
    try:
        return await loop.run_in_executor(desk.aside, _answers, desk, alike)
    finally:
        late.cancel()
        desk.hangs = False


def _give_up(desk: Desk, alike: Sequence[Waiting]) -> None:
    """Refuse those of a turn that hangs, and those behind it; nothing ends its thread from outside."""
    desk.hangs = True
    for one in (*alike, *desk.turn):
        if not one.answer.done():
            one.answer.set_exception(_hanging())
    desk.turn = []


def _hanging() -> RefusedError:
    remedy = "Ask again later; where it stays so, restart the service."
    return RefusedError(503, "scoring", "hangs on earlier leads", remedy, {"Retry-After": "5"})


def _taken_together(desk: Desk) -> list[Waiting]:
    """Those of the turn who are scored at once: a lead among others costs a fraction of one alone."""
    alike: list[Waiting] = []
    first, leads = desk.turn[0], 0
    for one in desk.turn:
        alone = one.asked != first.asked or desk.log is not None
        if one is first or (not alone and leads + len(one.items) <= _TOGETHER):
            alike.append(one)
            leads += len(one.items)
    chosen = set(map(id, alike))
    desk.turn = [one for one in desk.turn if id(one) not in chosen]
    return alike


def _answers(desk: Desk, alike: Sequence[Waiting]) -> list[list[Answered] | Exception]:
    """What each of `alike` is told. Should a rung fail on them, each is asked alone: nobody falls to a lower
    rung for what another sent."""
    first = alike[0]
    try:
        failed, items = _failures(desk), [item for one in alike for item in one.items]
        found = answer_items(first.ladder, items, now_us(), first.reasons, desk.log, None, first.heard,
                             written=desk.writer is None)  # fmt: skip
        fell = _failures(desk) != failed
    except BaseException as error:  # of whoever asked; compiled code may panic with no Exception
        return [_told(error) for _ in alike]
    if len(alike) > 1 and fell:
        return [answer for one in alike for answer in _answers(desk, [one])]
    ends = list(accumulate((len(one.items) for one in alike), initial=0))
    return [found[start:end] for start, end in pairwise(ends)]


def _told(error: BaseException) -> Exception:
    """`error` as one that a future can hold, and that ends no loop."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"scoring failed ({type(error).__name__})")


def _failures(desk: Desk) -> int:
    counts = dict(desk.budget.passed_over)  # threads count on meanwhile
    return sum(n for (_, why), n in counts.items() if why == "failed")


def _drawn(ledger: Ledger, recipe: Recipe, found: Sequence[Answered]) -> list[Answered]:
    """`found` with what exploration drew, recorded before anybody hears it."""
    scores = with_draws(ledger, recipe, [(one.lead, one.score) for one in found], now_us(), _COMMIT_SECONDS)
    return [replace(one, made=score) for one, score in zip(found, scores, strict=True)]


def ladder_for(request: Request) -> Ladder:
    """Who answers, in the language that the request likes best, else the recipe's."""
    ladder = desk_of(request).opened.ladder
    accepted = request.headers.get("accept-language")
    return ladder.told_in(language_of(accepted, ladder.recipe.recipe.language))


def named_by(ledger: Ledger | None, *, tells: bool = True) -> Named | None:
    """Leads by their names, where there is a ledger; `tells`: each with what its account's others did, which
    who asks for many at once tells them together."""
    if ledger is None:
        return None

    def named(reader: LeadReader, lead_id: str, as_of_us: int) -> Lead:
        if not storable(lead_id):
            problem = FieldProblem("lead_id", "is not known to the ledger", "Send the lead first.")
            raise LeadError([problem])
        lead = lead_of(ledger, reader, lead_id, as_of_us)
        return neighbours_of(ledger).of(reader.recipe, lead) if tells else lead

    return named


def status_of(score: Score) -> int:
    """The HTTP status of a single answer."""
    if score.status != "error":
        return 200
    problems = score.error.problems if score.error else []
    return 503 if any(problem.field == NO_LEDGER for problem in problems) else 422


async def kept(desk: Desk, opened: Opened, found: Sequence[Answered], until: float) -> list[Answered]:
    """`found`, once the scores are in the ledger.

    One that cannot be kept until then (by `monotonic`) says so, and is given.
    """
    answers = list(found)
    if desk.writer is None:
        return answers
    rows = [given_score(opened, one) for one in found]
    given = [row for row in rows if row is not None]
    if not given:
        return answers
    try:
        waiting = asyncio.wrap_future(desk.writer.submit(given))
        receipt = await asyncio.wait_for(asyncio.shield(waiting), max(until - monotonic(), 0.0))
        noted = iter(receipt.items)
    except (LeadscoreError, TimeoutError):
        noted = iter(["refused"] * len(given))
    lost = [row is not None and next(noted) == "refused" for row in rows]
    return [_warned(one, _NOT_KEPT) if gone else one for one, gone in zip(answers, lost, strict=True)]


def _warned(answer: Answered, words: str) -> Answered:
    score = answer.score
    if score.error is not None:
        return answer
    return replace(answer, made=score.model_copy(update={"warnings": [*score.warnings, words]}))


def given_score(opened: Opened, one: Answered, shadow: bool = False) -> ScoreGiven | None:
    """The row of an answer, None where its input was wrong; of who opted out no features are kept."""
    if one.lead is None or one.columns is None:
        return None
    row = None if one.lead.opted_out else one.row
    who = opened.version, opened.recipe_hash
    return ScoreGiven.of(one.score, one.lead.lead_id, one.lead.as_of_us, *who, row, shadow=shadow)


async def json_body(request: Request, most: int, things: str) -> Any:
    """The JSON that was sent.

    Raises:
        RefusedError: it is none, or a list of more than `most` `things`.
    """
    try:
        body = parse_body(await request.body())
    except (ValueError, RecursionError):
        remedy = "Send one as an object, or a list of them."
        raise RefusedError(400, "body", "is not JSON", remedy) from None
    if isinstance(body, list) and len(body) > most:
        raise RefusedError(413, "body", f"has more than {most:,} {things}", "Send several requests.")
    return body


def json_text(text: str, status: int = 200, told_in: Ladder | None = None) -> Response:
    """JSON that is written already; `told_in` is who chose its language."""
    headers = {"Vary": "Accept-Language"} if told_in else None
    if told_in and headers:
        headers["Content-Language"] = told_in.recipe.recipe.language
    return Response(text, status, headers, media_type="application/json")
