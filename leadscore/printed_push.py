"""What a push did or would do, as people and scripts read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.push import PushPlan, PushSource, PushTally
    from serving.vendors import PushMapping

_SHOWN = 50
"""Records that a dry run prints."""
_COMPARED = {
    "leads": ("score", "grade", "maturity", "next_action", "status"),
    "accounts": ("leads", "active", "any", "any_low", "any_high", "roles_missing"),
}


def print_tally(tally: PushTally, mapping: PushMapping, as_json: bool) -> None:
    """What a run did, on stdout what was refused and why."""
    from leadscore.terminal import print_json, print_table

    if as_json:
        stopped = str(tally.stopped) if tally.stopped else None
        print_json({
            "sent": tally.sent, "retried": tally.retried, "requests": tally.requests, "left": tally.left,
            "refused": dict(tally.refused), "passed": dict(tally.passed), "stopped": stopped,
        })  # fmt: skip
    elif tally.refused:
        print_table([mapping.of, "refused because"], [[n, words] for words, n in tally.refused.most_common()])
    say_tally(tally, mapping)


def say_tally(tally: PushTally, mapping: PushMapping) -> None:
    """The last line of a run, and why it stopped early if it did."""
    from leadscore.terminal import say

    if tally.stopped:
        say(f"Stopped: {tally.stopped}")
    passed = ", ".join(f"{number:,} {why}" for why, number in sorted(tally.passed.items()))
    refused, left = tally.refused.total(), f", {tally.left:,} left to the next run" if tally.left else ""
    done = f"{mapping.target}: {tally.sent:,} sent, {refused:,} refused{left}"
    more = f"({tally.requests:,} requests, {tally.retried:,} {mapping.of} tried again)"
    say(f"{done}; not to be sent: {passed or 'none'} {more}.")


def print_plan(kept: Ledger, mapping: PushMapping, source: PushSource, as_json: bool) -> None:
    """What a run would send, on stdout; nothing is sent."""
    from leadscore.terminal import print_json, say

    plan, rows = due_rows(kept, mapping, source)
    due = len(plan.fresh) + len(plan.again)
    for words, number in plan.unread_told().items():
        plan.passed["unreadable"] = number
        say(f"Refused: {words}")
    if as_json:
        print_json({"target": mapping.target, "due": rows, "passed": dict(plan.passed)})
    else:
        print_due(rows[:_SHOWN], mapping)
        if due > _SHOWN:
            say(f"… and {due - _SHOWN:,} more; --json prints all.")
    passed = ", ".join(f"{number:,} {why}" for why, number in sorted(plan.passed.items()))
    say(f"{mapping.target}: {due:,} would be sent; not to be sent: {passed or 'none'}. Nothing was sent.")


def due_rows(kept: Ledger, mapping: PushMapping, source: PushSource) -> tuple[PushPlan, list[dict[str, Any]]]:
    """The plan of a run now, and of each record that is due what was sent before and what would be."""
    from features.clock import now_us
    from serving.push import outgoing

    now, key = now_us(), _key(mapping)
    plan = source.plan(now)
    due = outgoing(kept, [*plan.fresh, *plan.again], source, now)
    return plan, [
        {key: one.lead_id, "before": dict(one.before or {}), "after": dict(one.values)} for one in due
    ]


def print_due(rows: list[dict[str, Any]], mapping: PushMapping) -> None:
    """What would be sent, each record a line: what was sent before → what would be."""
    from leadscore.terminal import print_table

    def change(row: dict[str, Any], name: str) -> str:
        before, after = row["before"].get(name), row["after"].get(name)
        now = "–" if after is None else str(after)
        return now if not row["before"] or before == after else f"{'–' if before is None else before} → {now}"

    key, compared = _key(mapping), (*_COMPARED[mapping.of], *mapping.further)
    print_table([key, *compared], [[row[key], *(change(row, name) for name in compared)] for row in rows])


def _key(mapping: PushMapping) -> str:
    return "lead_id" if mapping.of == "leads" else "account"
