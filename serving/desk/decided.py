"""What the gate said of a promotion: each check with its numbers."""

from __future__ import annotations

from starlette.responses import Response

from serving.desk.asked import PageAsked
from serving.desk.sentences import tell
from serving.desk.words import way
from serving.jobs import Job
from serving.page import Child, note, paragraph, table, tag
from serving.visit import shown
from serving.words.translation import translated


def decided(asked: PageAsked, job: Job) -> Response:
    """The gate's words on a promotion."""
    who, found = asked.who, job.printed() or {}
    moved = bool(found.get("promoted"))
    title = tell(who, "the_model_answers" if moved else "the_gate_refuses")
    said = tell(who, "services_follow_within_seconds" if moved else "what_answers_now_goes_on")
    head = [tell(who, "check"), tell(who, "passed"), tell(who, "numbers")]
    rows: list[list[Child]] = [
        [
            translated(str(one["name"]), who.language),
            tell(who, "yes" if one["passed"] else "no_2"),
            translated(str(one["words"]), who.language),
        ]
        for one in found.get("checks", ())
    ]
    doubts = [paragraph(f"{translated(str(one), who.language)}.") for one in found.get("doubts", ())]
    on = way(tell(who, "the_model_that_answers"), "/app/champion", main=True)
    body = [
        tag("h1", title),
        note(paragraph(said), *doubts, kind="good" if moved else "warn", role="status"),
        tag("section", table(head, rows)) if rows else None,
        tag("div", on, class_="actions"),
    ]
    return shown(title, body, who, here="/app/champion")
