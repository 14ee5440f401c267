"""A job's command is ended in order, whole, where it is, and when nobody follows it any more."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.browse.laid import laid_down
from serving.jobs import Jobs
from serving.jobs.attempt import Attempt, here
from serving.ledger import Ledger
from tests.serving.test_jobs_done import AS_OF, PATIENCE, company, ended, lapse, running

ORDERLY = "trap 'sleep 0.3; echo >in-order; exit' TERM; echo >ready; while :; do sleep 0.02; done"


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    found = Jobs.beside(Ledger.made(tmp_path / "ledger.sqlite"))
    yield found
    found.ledger.close()


def at_work_in(folder: Path, host: str = "") -> subprocess.Popen[bytes]:
    """A command as an attempt starts it: in a shell, with the lock; it takes a while to end."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    process = subprocess.Popen(["sh", "-c", 'sh -c "$1"; exit', "sh", ORDERLY], cwd=folder, pass_fds=(lock,),
                               start_new_session=True)  # fmt: skip
    os.close(lock)
    (folder / "pid").write_text(str(process.pid))
    (folder / "host").write_text(host)
    until = time.monotonic() + PATIENCE
    while not (folder / "ready").exists():
        assert time.monotonic() < until
        time.sleep(0.01)
    return process


def test_what_is_cancelled_may_end_in_order(tmp_path: Path) -> None:
    attempt = Attempt(tmp_path, at_work_in(tmp_path))
    assert attempt.held
    attempt.kill()
    assert not attempt.held
    assert (tmp_path / "in-order").exists()


def test_a_number_of_another_machine_is_not_signalled(tmp_path: Path) -> None:
    process = at_work_in(tmp_path, host=f"not-{socket.gethostname()}")
    try:
        Attempt(tmp_path).kill()
        assert Attempt(tmp_path).held
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_readers_of_a_fresh_result_read_it_whole(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    with running(jobs, tmp_path):
        done = ended(jobs, job)
    found, many = list[int](), threading.Barrier(6)

    def read() -> None:
        many.wait()
        found.append(laid_down(done).leads.rows)

    threads = [threading.Thread(target=read) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 6
    assert len([path for path in done.folder.iterdir() if "browse" in path.name]) == 1


def test_a_result_that_cannot_be_kept_says_so(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    with running(jobs, tmp_path):
        done = ended(jobs, job)
    result = done.results / "scored.csv"
    (done.folder / f"browse-{result.stat().st_mtime_ns}").write_text("in the way")
    with pytest.raises(OSError, match="Not a directory"):
        laid_down(done)


def test_what_is_cancelled_while_nobody_follows_it_is_stopped(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    assert jobs.take("a service that is gone") is not None
    process = at_work_in(job.folder, host=here())
    lapse(jobs)
    assert jobs.cancel(job.id).state == "cancelled"
    assert process.wait(PATIENCE) != 0
    assert (job.folder / "in-order").exists()


def test_a_start_stops_what_an_ended_job_has_left_at_work(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    other = jobs.submit("score", company(tmp_path / "given"), AS_OF, "berta")
    process, goes_on = (at_work_in(one.folder, host=here()) for one in (job, other))
    try:
        jobs.cancel(job.id)  # its lease holds: whoever has it is trusted to stop
        assert jobs.stop_left() == 1
        assert process.wait(PATIENCE) != 0
        assert goes_on.poll() is None
        assert jobs.stop_left() == 0
    finally:
        os.killpg(goes_on.pid, signal.SIGKILL)
        goes_on.wait()
