"""Does the jobs, one at a time: a thread that leases, starts, follows and ends them."""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from features.clock import now_us
from features.errors import LeadscoreError
from serving.jobs.attempt import Attempt
from serving.jobs.job import Job
from serving.jobs.kept import LEASE_US, Jobs
from serving.jobs.words import words_of

_LOOK_SECONDS = 0.5
_JUDGING = ("train", "promote")
"""Kinds whose command ends by 1 where it judged and refused."""
_CLEAR_SECONDS = 3600.0


@dataclass
class Runner:
    """Does the jobs of `jobs` until it is closed; `at_once` threads of work, one unless said.

    `answering` are options of `score` (recipe, model) for exports whose job names none: those that the
    service itself answers by. `environment` is added to that of the commands. A runner that is closed stops
    what it does, and another begins it anew; one that is killed leaves its commands at work, and the next
    one follows them. Every `left_seconds` those are ended whose jobs were cancelled with nobody there.
    """

    jobs: Jobs
    answering: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    at_once: int = 1
    left_seconds: float = 15.0
    _closing: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin."""
        for number in range(self.at_once):
            name = f"{socket.gethostname()}-{os.getpid()}-{number}-{secrets.token_hex(4)}"
            thread = threading.Thread(target=self._go_on, args=(name,), name="leadscore-jobs", daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self) -> None:
        """Stop what is done, and give it back."""
        self._closing.set()
        for thread in self._threads:
            thread.join()

    def _go_on(self, holder: str) -> None:
        cleared = stopped = -_CLEAR_SECONDS
        waits = ""
        while not self._closing.wait(_LOOK_SECONDS):
            try:
                if time.monotonic() - cleared > _CLEAR_SECONDS:
                    cleared = time.monotonic()
                    self.jobs.clear()
                if time.monotonic() - stopped > self.left_seconds:
                    stopped = time.monotonic()
                    self.jobs.stop_left(now_us() - int(2e6 * _CLEAR_SECONDS))
                job = self.jobs.take(holder)
                if job is not None:
                    self._do(job, holder)
                waits = ""
            except LeadscoreError as error:  # the ledger is away: what is leased is taken again later
                if error.problem != waits:
                    print(f"leadscore: jobs wait: {error.problem}", flush=True)
                waits = error.problem
                self._closing.wait(_LOOK_SECONDS * 10)
            except Exception as error:  # one job's fault must not end the work on the others
                print(f"leadscore: {type(error).__name__} in the work on jobs", flush=True)
                self._closing.wait(_LOOK_SECONDS * 10)

    def _do(self, job: Job, holder: str) -> None:
        try:
            attempt = Attempt.of(job, words_of(job, self.answering), self.environment)
        except (OSError, ValueError) as error:  # ValueError: a word that no command can be given
            why = getattr(error, "strerror", None) or "an option holds a character that it must not"
            words = (
                f"the command cannot be started ({why}). Make room on the disk, or change it; then try again."
            )
            self.jobs.finish(job.id, holder, "failed", words)
            return
        if not self._followed(job, holder, attempt):
            attempt.kill()
            if self._closing.is_set():
                self.jobs.give_back(job.id, holder)
            return
        if attempt.process is None and attempt.exit_code() is None:
            self.jobs.give_back(job.id, holder)  # it was ended with the service that began it
            return
        went, said = attempt.ended(may_refuse=job.kind in _JUDGING)
        self.jobs.finish(job.id, holder, "done" if went else "failed", said)

    def _followed(self, job: Job, holder: str, attempt: Attempt) -> bool:
        """Whether the command ended by itself while the job was ours."""
        ours_until = time.monotonic() + LEASE_US / 1e6
        while attempt.alive:
            if self._closing.wait(_LOOK_SECONDS):
                return False
            try:
                if not self.jobs.beat(job.id, holder, *attempt.progress()):
                    return False
                ours_until = time.monotonic() + LEASE_US / 1e6
            except LeadscoreError:  # it may be back before the lease has run out
                if time.monotonic() > ours_until:
                    return False
        return True
