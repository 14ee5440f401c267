"""A job's command is ended in order, whole, where it is, and when nobody follows it any more."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from features import LeadscoreError
from serving.browse.laid import laid_down
from serving.jobs import Jobs, Runner
from serving.jobs.attempt import Attempt, here
from serving.jobs.words import each_of, in_one, words_of
from serving.ledger import Ledger
from serving.ledger.schema import JOBS
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


def test_what_is_cancelled_within_the_lease_of_a_service_that_is_gone_is_stopped_soon(
    tmp_path: Path, jobs: Jobs
) -> None:
    runner = Runner(jobs, left_seconds=0.1)
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    assert jobs.take("a service that is gone") is not None
    process = at_work_in(job.folder, host=here())
    runner.start()
    try:
        jobs.cancel(job.id)
        assert process.wait(PATIENCE) != 0
    finally:
        runner.close()


@given(st.lists(st.text()))
def test_values_of_an_option_come_back_as_they_were(values: list[str]) -> None:
    assert each_of(in_one(values)) == values


def test_a_header_with_a_line_break_is_one_option(tmp_path: Path, jobs: Jobs) -> None:
    files = company(tmp_path / "given")
    told = {"column": in_one(["size=Size\nof the company", "origin=[1]"])}
    words = words_of(jobs.submit("score", files, told, "anna"), {})
    assert [word for word in words if word.startswith("--column")] == [
        "--column=size=Size\nof the company", "--column=origin=[1]",
    ]  # fmt: skip
    old = words_of(jobs.submit("score", files, {"column": "a=b\nc=d"}, "anna"), {})
    assert {"--column=a=b", "--column=c=d"} <= set(old)


@pytest.mark.parametrize(
    "options", [{"as-of": "2025-01-01\0"}, {"as-of": "2025\n"}, {"column": in_one(["a=\0"])}]
)
def test_what_no_command_can_be_given_is_refused(tmp_path: Path, jobs: Jobs, options: dict[str, str]) -> None:
    with pytest.raises(LeadscoreError, match="control character"):
        jobs.submit("score", company(tmp_path / "given"), options, "anna")


def test_a_job_that_cannot_be_started_fails_and_the_next_is_done(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    with jobs.ledger.transaction() as connection:  # as an earlier version may have kept it
        content = json.dumps({"files": dict(job.files), "options": {"as-of": "2025-01-01\0"}})
        connection.execute(update(JOBS).values(content=content))
    other = jobs.submit("score", company(tmp_path / "given"), AS_OF, "berta")
    with running(jobs, tmp_path):
        assert "cannot be started" in ended(jobs, job).message
        assert ended(jobs, other).state == "done"


def test_only_a_command_that_judges_may_end_by_a_refusal(tmp_path: Path) -> None:
    (tmp_path / "exit").write_text("1\n")
    (tmp_path / "log.txt").write_text("")
    assert not Attempt(tmp_path).ended()[0]
    assert Attempt(tmp_path).ended(may_refuse=True)[0]
