"""Jobs as the ledger keeps them: submitted once, leased to one runner at a time, ended by who holds them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row, delete, or_, select, update

from features.clock import DAY_US, from_us, now_us
from features.errors import LeadscoreError
from serving.jobs.attempt import Attempt
from serving.jobs.folder import begin_anew, hand_over, id_of, make_folder, plain_names, sweep
from serving.jobs.job import ENDED, Job, State
from serving.jobs.words import check_asked
from serving.ledger import Ledger
from serving.ledger.engines import DEFAULT as LEDGER_FILE
from serving.ledger.engines import VARIABLE as LEDGER
from serving.ledger.intake import insert_new
from serving.ledger.schema import JOBS

VARIABLE = "LEADSCORE_JOBS"
DEFAULT = "leadscore-jobs"
_OWN = "jobs.sqlite"
"""The ledger of jobs where there is no other."""
KEPT_DAYS = 30.0
"""So long a job that has ended is kept with its files."""
LEASE_US = 15_000_000
MOST_TRIES = 3
"""Whoever takes its service with it so often is not tried again."""
_SHOWN = 50
_LIVE: tuple[State, ...] = ("waiting", "running")


@dataclass(frozen=True)
class Jobs:
    """The jobs of a ledger, read anew each time; their files are in `folder`.

    They need no `Writer`: each change is a transaction of its own, also while a service writes.
    """

    ledger: Ledger
    folder: Path

    @classmethod
    def beside(cls, ledger: Ledger | None) -> Jobs:
        """Those of `ledger`, with files where LEADSCORE_JOBS says, else in 'leadscore-jobs' beside it.

        Without a ledger they have one of their own in that folder, which holds nothing else.

        Raises:
            LeadscoreError: the folder or its ledger cannot be made.
        """
        folder = cls.place(ledger)
        make_folder(folder)
        return cls(Ledger.made(folder / _OWN) if ledger is None else ledger, folder)

    @staticmethod
    def place(ledger: Ledger | None) -> Path:
        """The folder of the jobs of `ledger`, or of those without one: absolute, made or not."""
        home = ledger.path.parent if ledger is not None and ledger.path is not None else Path()
        return Path(os.environ.get(VARIABLE) or home / DEFAULT).absolute()

    @classmethod
    def found(cls) -> Jobs:
        """Those that are here: of the ledger that the environment names or that is in this folder.

        Raises:
            LeadscoreError: no service has made any here.
        """
        named = os.environ.get(LEDGER) or Path(LEDGER_FILE).exists()
        ledger = Ledger.opened() if named else None
        own = cls.place(None) / _OWN
        if ledger is None and not own.exists():
            raise LeadscoreError(
                "there are no jobs here.", "Go to the folder in which 'leadscore serve' was started."
            )
        return cls(ledger or Ledger.opened(own), cls.place(ledger))

    def submit(self, kind: str, files: Mapping[str, Path], options: Mapping[str, str], by: str) -> Job:
        """The job that does this: a new one, or the one that is there. One that failed begins again.

        `files` by role are copied, large ones linked: the caller may delete its own, not write into it. The
        roles and options of each kind are in `KINDS`.

        Raises:
            LeadscoreError: there is no such kind, role or option; the disk is full; the ledger refuses.
        """
        check_asked(kind, list(files), options)
        job_id = id_of(kind, files, options, by)
        made = hand_over(self.folder / job_id, files)
        content = json.dumps({"files": plain_names(files), "options": dict(options)})
        row = {"job_id": job_id, "kind": kind, "content": content, "state": "waiting", "made_us": now_us(),
               "made_by": by, "tries": 0, "step": ""}  # fmt: skip
        with self.ledger.transaction() as connection:
            connection.execute(insert_new(connection, JOBS), [row])
        found = self.find(job_id)
        anew = found.state in ("failed", "cancelled") or (made and found.ended)
        return self.again(job_id) if anew else found

    def again(self, job_id: str) -> Job:
        """Let a job that has ended begin again, with the same files.

        Raises:
            LeadscoreError: there is no such job, or its files are gone.
        """
        job = self.find(job_id)
        if not job.folder.is_dir():
            raise LeadscoreError("the files of this job are gone.", "Hand them over again.")
        values = {"state": "waiting", "tries": 0, "step": "", "done": None, "total": None, "problem": None,
                  "made_us": now_us(), "finished_us": None, "leased_by": None}  # fmt: skip
        with self.ledger.transaction() as connection:
            ended = (JOBS.c.job_id == job_id) & JOBS.c.state.in_(ENDED)
            if connection.execute(update(JOBS).where(ended).values(values)).rowcount:
                begin_anew(job.folder)
        return self.find(job_id)

    def find(self, job_id: str) -> Job:
        """The job of this id as it stands.

        Raises:
            LeadscoreError: there is none.
        """
        with self.ledger.reading() as connection:
            row = connection.execute(select(JOBS).where(JOBS.c.job_id == job_id)).first()
        if row is None:
            raise LeadscoreError("there is no such job.", "It may have been too old: begin it again.")
        return self._job(row)

    def recent(self, by: str | None = None) -> list[Job]:
        """The newest jobs of `by` (None: of everybody), the newest first."""
        query = select(JOBS).where(JOBS.c.job_id.is_not(None))
        if by is not None:
            query = query.where(JOBS.c.made_by == by)
        with self.ledger.reading() as connection:
            found = connection.execute(query.order_by(JOBS.c.made_us.desc(), JOBS.c.seq.desc()).limit(_SHOWN))
            return [self._job(row) for row in found]

    def cancel(self, job_id: str) -> Job:
        """End a job that has not ended; whoever does it stops within a second or two.

        Raises:
            LeadscoreError: there is none.
        """
        now = now_us()
        live = (JOBS.c.job_id == job_id) & JOBS.c.state.in_(_LIVE)
        with self.ledger.transaction() as connection:
            left = connection.execute(select(JOBS.c.seq).where(live, JOBS.c.leased_until_us < now)).first()
            values = {"state": "cancelled", "finished_us": now, "leased_by": None}
            connection.execute(update(JOBS).where(live).values(values))
        if left is not None:  # nobody follows it who could stop
            Attempt(self.folder / job_id).kill()
        return self.find(job_id)

    def stop_left(self, since_us: int = 0) -> int:
        """Stop commands of jobs that ended (since then) while nobody followed them; how many there were."""
        ended = JOBS.c.job_id.is_not(None) & JOBS.c.state.in_(ENDED) & (JOBS.c.finished_us >= since_us)
        with self.ledger.reading() as connection:
            names = list(connection.execute(select(JOBS.c.job_id).where(ended)).scalars())
        left = [name for name in names if Attempt(self.folder / name).held and self.find(name).ended]
        for name in left:
            Attempt(self.folder / name).kill()
        return len(left)

    def take(self, holder: str) -> Job | None:
        """Lease the oldest job that waits, or whose holder is gone, to `holder`; None where there is none.

        Only jobs whose files are on this machine. One that was left so often that it may be the cause fails.
        """
        now = now_us()
        left = (JOBS.c.state == "running") & (JOBS.c.leased_until_us < now)
        query = select(JOBS).where(JOBS.c.job_id.is_not(None), or_(JOBS.c.state == "waiting", left))
        with self.ledger.reading() as connection:  # most looks find nothing, and need no turn of a writer
            if connection.execute(query.limit(1)).first() is None:
                return None
        with self.ledger.transaction() as connection:
            for row in connection.execute(query.order_by(JOBS.c.seq).with_for_update(skip_locked=True)):
                job = self._job(row)
                if not job.folder.is_dir():
                    continue
                values: dict[str, Any] = {"state": "running", "leased_by": holder, "tries": row.tries + 1,
                                          "leased_until_us": now + LEASE_US}  # fmt: skip
                if row.tries >= MOST_TRIES:
                    words = f"the service ended {MOST_TRIES} times while it was done"
                    values = {"state": "failed", "finished_us": now, "problem": words}
                connection.execute(update(JOBS).where(JOBS.c.seq == row.seq).values(values))
                if row.tries < MOST_TRIES:
                    return job
        return None

    def beat(self, job_id: str, holder: str, step: str, done: int | None, total: int | None) -> bool:
        """Renew the lease and say how far the work is; whether `holder` still has it."""
        values = {"step": step, "done": done, "total": total, "leased_until_us": now_us() + LEASE_US}
        return self._held(job_id, holder, values)

    def finish(self, job_id: str, holder: str, state: State, message: str) -> bool:
        """End a job; whether `holder` still had it."""
        return self._held(job_id, holder, {"state": state, "problem": message, "finished_us": now_us()})

    def give_back(self, job_id: str, holder: str) -> bool:
        """Let another one do it, who begins at once: the service ends, and not for this job."""
        return self._held(job_id, holder, {"state": "waiting", "leased_by": None, "tries": JOBS.c.tries - 1})

    def clear(self, before_us: int | None = None) -> int:
        """Remove jobs that ended before `before_us` (default: 30 days ago) with their files; how many.

        Files of jobs that this ledger does not know go when nothing in them has changed for 30 days.
        """
        self.stop_left()
        old = now_us() - int(KEPT_DAYS * DAY_US) if before_us is None else before_us
        with self.ledger.transaction() as connection:
            gone = JOBS.c.job_id.is_not(None) & (JOBS.c.finished_us < old)
            names = list(connection.execute(select(JOBS.c.job_id).where(gone)).scalars())
            connection.execute(delete(JOBS).where(JOBS.c.job_id.in_(names)))
            kept = set(connection.execute(select(JOBS.c.job_id)).scalars())
        for name in names:
            shutil.rmtree(self.folder / name, ignore_errors=True)
        sweep(self.folder, {name for name in kept if name}, KEPT_DAYS * DAY_US / 1e6)
        return len(names)

    def _held(self, job_id: str, holder: str, values: Mapping[str, Any]) -> bool:
        mine = (JOBS.c.job_id == job_id) & (JOBS.c.leased_by == holder) & (JOBS.c.state == "running")
        with self.ledger.transaction() as connection:
            return connection.execute(update(JOBS).where(mine).values(values)).rowcount == 1

    def _job(self, row: Row[Any]) -> Job:
        content = json.loads(row.content)
        return Job(
            row.job_id, row.kind, row.state, row.step or "", row.done, row.total, row.problem or "",
            from_us(row.made_us), None if row.finished_us is None else from_us(row.finished_us),
            row.made_by or "", self.folder / row.job_id, content["files"], content["options"],
        )  # fmt: skip
