"""Jobs of the page: what was asked, how far it is; and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from leadscore.options import JSON

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from serving.jobs import Jobs


_WHERE = "Jobs are in the ledger, their files in leadscore-jobs beside it, or where LEADSCORE_JOBS says."


@click.group(epilog=_WHERE)
def jobs() -> None:
    """Look at the work that was begun on the page of a service, and end it.

    \b
    Example:  leadscore jobs list
    """


@jobs.command("list")
@JSON
def jobs_list(as_json: bool) -> None:
    """List the newest 50 jobs, whoever began them.

    \b
    Example:  leadscore jobs list
    """
    from leadscore.terminal import print_json, print_table, say

    found = _jobs().recent()
    told = [
        {
            "id": job.id,
            "kind": job.kind,
            "state": job.state,
            "made": job.made_at.isoformat(timespec="seconds"),
            "by": job.by,
            "step": job.step,
            "done": job.done,
            "total": job.total,
            "message": job.message,
            "folder": str(job.folder),
        }
        for job in found
    ]
    if as_json:
        print_json({"jobs": told})
    elif told:
        columns = ["id", "kind", "state", "made", "by", "step", "done", "total"]
        print_table(columns, [[one[name] for name in columns] for one in told], least=("by", "step"))
    live = sum(not job.ended for job in found)
    say(f"{len(found)} jobs, {live} not ended.")


@jobs.command("cancel")
@click.argument("job_id", metavar="ID")
@JSON
def jobs_cancel(job_id: str, as_json: bool) -> None:
    """End a job; what it does stops within a second or two. One that has ended stays as it is.

    \b
    Example:  leadscore jobs cancel 5a9c1f0e7d3b4a6c8e2f0b1d
    """
    from leadscore.terminal import print_json, say

    job = _jobs().cancel(job_id)
    if as_json:
        print_json({"id": job.id, "state": job.state})
    say(f"Job {job.id} is {job.state}.")


def _jobs() -> Jobs:
    """The jobs that a service here has."""
    from serving.jobs import Jobs

    return Jobs.found()
