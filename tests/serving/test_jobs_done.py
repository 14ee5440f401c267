"""A job is done once, whatever is killed meanwhile, and gives what the command gives at a terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import update

from features import LeadscoreError
from features.clock import DAY_US, now_us
from serving.jobs import Job, Jobs, Runner
from serving.jobs.attempt import Attempt
from serving.jobs.kept import MOST_TRIES
from serving.jobs.words import words_of
from serving.ledger import Ledger, compact
from serving.ledger.schema import JOBS, METADATA, bring_forward
from tests.made.company import RECIPE, small_company
from tests.serving.test_ledger_store import postgres  # noqa: F401  # a fixture

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0
AS_OF = {"as-of": "2025-01-01"}


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    found = Jobs.beside(Ledger.made(tmp_path / "ledger.sqlite"))
    yield found
    found.ledger.close()


@contextmanager
def running(jobs: Jobs, folder: Path) -> Iterator[Runner]:
    runner = Runner(jobs, environment={"MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"})
    runner.start()
    try:
        yield runner
    finally:
        runner.close()


def until(jobs: Jobs, job: Job, holds: Callable[[Job], bool]) -> Job:
    last = time.monotonic() + PATIENCE
    while not holds(found := jobs.find(job.id)):
        assert time.monotonic() < last, found
        time.sleep(0.05)
    return found


def ended(jobs: Jobs, job: Job) -> Job:
    return until(jobs, job, lambda one: one.ended)


def company(folder: Path, leads: int = 200) -> dict[str, Path]:
    """Files of a job 'score'."""
    folder.mkdir(exist_ok=True)
    small_company(folder, leads=leads)
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    names = {"leads": "leads.csv", "events": "events.csv", "recipe": "recipe.toml"}
    return {role: folder / name for role, name in names.items()}


def at_work(job: Job) -> bool:
    """Whether its command has begun to score."""
    return job.state == "running" and job.step == "scoring leads"


def dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@pytest.mark.slow
def test_a_page_and_a_terminal_write_the_same_file(tmp_path: Path, jobs: Jobs) -> None:
    files = company(tmp_path / "given")
    job = jobs.submit("score", files, AS_OF | {"language": "fr", "title": "März.csv"}, "anna")
    assert (job.state, job.by, job.folder.stat().st_mode & 0o077) == ("waiting", "anna", 0)
    with running(jobs, tmp_path):
        done = ended(jobs, job)
    assert (done.state, done.done, done.total) == ("done", 200, 200)
    assert done.message == "200 rows: 200 uncalibrated; 200 by rules; written to scored.csv."
    assert done.printed()["rows"] == 200
    terminal = tmp_path / "scored.csv"
    command = [sys.executable, "-m", "leadscore", "score", str(files["leads"]), "-o", str(terminal),
               "--events", str(files["events"]), "--recipe", str(files["recipe"]), "--as-of", AS_OF["as-of"],
               "--language", "fr"]  # fmt: skip
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db",
    }
    subprocess.run(command, check=True, capture_output=True, env=environment)
    assert (done.results / "scored.csv").read_bytes() == terminal.read_bytes()
    assert (done.results / "report.html").exists()


def test_the_same_is_one_job_and_another_person_s_is_another(tmp_path: Path, jobs: Jobs) -> None:
    files = company(tmp_path / "given")
    first = jobs.submit("score", files, AS_OF, "anna")
    for path in files.values():
        path.rename(path.with_name(f"{path.name}.moved"))
    moved = company(tmp_path / "given")  # the same bytes, handed over once more
    assert jobs.submit("score", moved, AS_OF, "anna") == first
    others = [
        jobs.submit("score", files, AS_OF, "berta"),
        jobs.submit("score", files, AS_OF | {"language": "fr"}, "anna"),
        jobs.submit("score", {"leads": files["leads"]}, AS_OF, "anna"),
    ]
    files["leads"].write_text(files["leads"].read_text().replace("steel", "metal"))
    others.append(jobs.submit("score", files, AS_OF, "anna"))
    assert len({first.id, *(job.id for job in others)}) == 5
    assert [job.id for job in jobs.recent("berta")] == [others[0].id]
    assert len(jobs.recent()) == 5
    assert len(list(jobs.folder.iterdir())) == 5


def test_many_who_hand_over_the_same_at_once_get_one_job(tmp_path: Path, jobs: Jobs) -> None:
    files, found = company(tmp_path / "given"), list[str]()
    threads = [
        threading.Thread(target=lambda: found.append(jobs.submit("score", files, AS_OF, "anna").id))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found)), len(jobs.recent())) == (8, 1, 1)


@pytest.mark.slow
def test_what_the_command_refuses_is_told_in_its_words(tmp_path: Path, jobs: Jobs) -> None:
    files = company(tmp_path / "given")
    files["recipe"].write_text(RECIPE.replace('"lead_id"', '"Kennung"'))
    job = jobs.submit("score", files, AS_OF, "anna")
    with running(jobs, tmp_path):
        failed = ended(jobs, job)
        assert failed.state == "failed"
        assert "Kennung" in failed.message
        assert str(jobs.folder) not in failed.message
        again = jobs.submit("score", files, AS_OF, "anna")
        assert (again.id, again.state) == (job.id, "waiting")
        assert ended(jobs, again).state == "failed"


@pytest.mark.parametrize(
    ("kind", "files", "options", "words"),
    [
        ("scoer", {}, {}, "no jobs of kind 'scoer'"),
        ("score", {}, {}, "needs 'leads'"),
        ("score", {"leads": "x"}, {"out": "/etc/passwd"}, "no option 'out'"),
        ("score", {"leads": "x", "lead": "x"}, {}, "takes no file 'lead'"),
        ("score", {"leads": "gone"}, {}, "gone: cannot be read"),
        ("promote", {}, {}, "needs 'name'"),
    ],
)
def test_what_is_no_job_is_refused(
    tmp_path: Path, jobs: Jobs, kind: str, files: dict[str, str], options: dict[str, str], words: str
) -> None:
    (tmp_path / "x").write_text("a,b\n")
    with pytest.raises(LeadscoreError, match=words):
        jobs.submit(kind, {role: tmp_path / name for role, name in files.items()}, options, "anna")
    assert jobs.recent() == []


def test_names_and_values_are_no_options(tmp_path: Path, jobs: Jobs) -> None:
    odd = tmp_path / "--help#<script>.csv"
    odd.write_text("a,b\n1,2\n")
    job = jobs.submit("score", {"leads": odd}, {"only": "--help", "sheet": "A"}, "anna")
    words = words_of(job, {"recipe": "/r.toml", "model": "/m"})
    assert words[-2:] == ["--", f"{job.inputs}/--help_<script>.csv#A"]
    assert {"--only=--help", "--recipe=/r.toml", "--model=/m"} <= set(words)
    own = jobs.submit("score", {"leads": odd, "recipe": odd}, {"model": "/own"}, "anna")
    assert {"--model=/own", f"--recipe={own.input('recipe')}"} <= set(
        words_of(own, {"recipe": "/r", "model": "/m"})
    )
    assert "--recipe=/r" not in words_of(own, {"recipe": "/r", "model": "/m"})
    other = jobs.submit("score", {"leads": odd, "recipe": odd}, {}, "anna")
    words = words_of(other, {"recipe": "/r", "model": "/m"})
    assert not [word for word in words if word.startswith("--model")]  # it would be another company's


@pytest.mark.slow
def test_a_cancelled_job_leaves_no_process(tmp_path: Path, jobs: Jobs) -> None:
    files = company(tmp_path / "given", leads=60_000)
    job = jobs.submit("score", files, AS_OF, "anna")
    waiting = jobs.submit("score", files, AS_OF, "berta")
    assert jobs.cancel(waiting.id).state == "cancelled"
    with running(jobs, tmp_path):
        until(jobs, job, at_work)
        pid = int((job.folder / "pid").read_text())
        assert jobs.cancel(job.id).state == "cancelled"
        last = time.monotonic() + PATIENCE
        while not dead(pid):
            assert time.monotonic() < last
            time.sleep(0.05)
        assert jobs.cancel(job.id).state == "cancelled"
    assert not (job.results / "scored.csv").exists()
    assert jobs.find(waiting.id).state == "cancelled"


@pytest.mark.slow
def test_a_command_that_is_killed_is_told_and_the_next_is_done(tmp_path: Path, jobs: Jobs) -> None:
    files = company(tmp_path / "given", leads=60_000)
    job = jobs.submit("score", files, AS_OF, "anna")
    small = jobs.submit("score", company(tmp_path / "other", leads=20), AS_OF, "anna")
    with running(jobs, tmp_path):
        until(jobs, job, at_work)
        os.killpg(int((job.folder / "pid").read_text()), signal.SIGKILL)
        failed = ended(jobs, job)
        assert failed.state == "failed"
        assert "the system ended the command" in failed.message
        assert ended(jobs, small).state == "done"


@pytest.mark.slow
def test_a_closed_service_gives_its_job_back_and_the_next_ends_it(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given", leads=60_000), AS_OF, "anna")
    with running(jobs, tmp_path):
        until(jobs, job, at_work)
        pid = int((job.folder / "pid").read_text())
    assert dead(pid)
    assert jobs.find(job.id).state == "waiting"
    with running(jobs, tmp_path):
        assert ended(jobs, job).printed()["rows"] == 60_000


SERVICE = """
import sys, time
from pathlib import Path
from serving.jobs import Jobs, Runner
from serving.ledger import Ledger
Runner(Jobs.beside(Ledger.opened(sys.argv[1])), environment={"MLFLOW_TRACKING_URI": sys.argv[2]}).start()
time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("with_command", [False, True], ids=["service", "service-and-command"])
def test_a_killed_service_loses_no_job_and_doubles_none(
    tmp_path: Path, jobs: Jobs, with_command: bool
) -> None:
    files = company(tmp_path / "given", leads=60_000)
    job = jobs.submit("score", files, AS_OF, "anna")
    store = f"sqlite:///{tmp_path}/mlflow.db"
    service = subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(tmp_path / "ledger.sqlite"), store],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    until(jobs, job, at_work)
    pid = int((job.folder / "pid").read_text())
    if with_command:
        os.killpg(pid, signal.SIGKILL)
    service.kill()
    service.wait()
    assert jobs.find(job.id).state == "running"
    with running(jobs, tmp_path):
        done = ended(jobs, job)
    assert done.state == "done"
    assert (int((job.folder / "pid").read_text()) == pid) is not with_command  # followed, or done anew
    straight = jobs.submit("score", files, AS_OF, "berta")
    with running(jobs, tmp_path):
        assert ended(jobs, straight).state == "done"
    assert (done.results / "scored.csv").read_bytes() == (straight.results / "scored.csv").read_bytes()


def test_a_job_that_takes_its_service_along_is_not_tried_for_ever(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    for _ in range(MOST_TRIES):
        assert jobs.take("service") is not None
        assert jobs.take("other") is None
        lapse(jobs)
    assert jobs.take("service") is None
    assert jobs.find(job.id).state == "failed"
    assert "3 times" in jobs.find(job.id).message


def test_who_lost_the_lease_changes_nothing(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    jobs.take("first")
    lapse(jobs)
    jobs.take("second")
    assert not jobs.beat(job.id, "first", "late", 1, 2)
    assert not jobs.finish(job.id, "first", "failed", "late")
    assert not jobs.give_back(job.id, "first")
    assert jobs.beat(job.id, "second", "on time", 1, 2)
    assert jobs.find(job.id).step == "on time"
    assert jobs.finish(job.id, "second", "done", "")


def lapse(jobs: Jobs) -> None:
    """Let time go by until every lease has run out."""
    with jobs.ledger.transaction() as connection:
        connection.execute(update(JOBS).values(leased_until_us=now_us() - 1))


def test_a_failure_that_nobody_foresaw_is_told_without_values(tmp_path: Path, jobs: Jobs) -> None:
    job = jobs.submit("score", company(tmp_path / "given"), AS_OF, "anna")
    trace = 'loading …\nTraceback (most recent call last):\n  File "a.py", line 3, in f\n    g("anna@x.ex")\n'
    (job.folder / "log.txt").write_text(f"{trace}ValueError: anna@x.example is odd\nanna@x.example\n")
    (job.folder / "exit").write_text("1\n")
    went, words = Attempt(job.folder).ended()
    assert not went
    assert words == "the command failed (ValueError). Please report it as a bug."
    kept = (job.folder / "log.txt").read_text()
    assert "anna" not in kept
    assert 'File "a.py", line 3' in kept


FULL = """
import sys
from pathlib import Path
from features import LeadscoreError
from serving.jobs import Jobs, Runner
from serving.ledger import Ledger
from tests.serving.test_jobs_done import AS_OF, ended, running
home, given, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
jobs = Jobs(Ledger.opened(given / "ledger.sqlite"), home / "jobs")
files = {"leads": given / "leads.csv", "recipe": given / "recipe.toml"}
if how == "handing":
    try:
        jobs.submit("score", files, AS_OF, "anna")
    except LeadscoreError as error:
        print(error.problem, len(jobs.recent()), len(list((home / "jobs").iterdir())))
else:
    job = jobs.submit("score", files, AS_OF, "anna")
    with running(jobs, given):
        print(ended(jobs, job).message)
        (home / "ballast").unlink(missing_ok=True)
        jobs.submit("score", files, AS_OF, "anna")
        print(ended(jobs, job).message)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "size", "says"),
    [
        ("handing", "1m", ["the files cannot be kept (No space left on device). 0 0"]),
        ("scoring", "8m", ["the disk is full", "20,000 rows: 20,000 uncalibrated"]),
    ],
)
def test_a_full_disk_is_told_and_with_room_again_the_job_is_done(
    tmp_path: Path, how: str, size: str, says: list[str]
) -> None:
    given, home = tmp_path / "given", tmp_path / "home"
    home.mkdir()
    company(given, leads=20_000)
    Ledger.made(given / "ledger.sqlite").close()
    ballast = f"head -c 6m /dev/zero >{home}/ballast; " if how == "scoring" else ""
    script = f'mount -t tmpfs -o size={size} tmpfs "$1" && {ballast} exec "$0" -c "$3" "$1" "$2" {how}'
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, sys.executable, str(home), str(given), FULL],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("this machine lets nobody mount a small disk")
    lines = done.stdout.splitlines()
    assert len(lines) == len(says), done.stderr
    for line, words in zip(lines, says, strict=True):
        assert words in line


def test_old_jobs_go_with_their_files_and_others_stay(tmp_path: Path, jobs: Jobs) -> None:
    files = company(tmp_path / "given")
    old, new = (jobs.submit("score", files, AS_OF, by) for by in ("anna", "berta"))
    jobs.cancel(old.id)
    for name in ("notes", ".half-0123"):  # somebody's own, and one that never became whole
        (jobs.folder / name).mkdir()
    assert compact(jobs.ledger, {"jobs": 1}, now_us() + 2 * DAY_US)["jobs"] == 1
    for days, stay in ((1, [old.id, new.id, "notes"]), (31, [new.id, "notes"])):
        long_ago = time.time() - days * 86_400
        for path in jobs.folder.iterdir():
            os.utime(path, (long_ago, long_ago))
        assert jobs.clear() == 0
        assert sorted(path.name for path in jobs.folder.iterdir()) == sorted(stay)
    jobs.cancel(new.id)
    assert jobs.clear(now_us() + 1) == 1
    assert [path.name for path in jobs.folder.iterdir()] == ["notes"]
    with pytest.raises(LeadscoreError, match="no such job"):
        jobs.find(new.id)


def test_an_older_ledger_is_brought_forward_with_its_rows(tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path}/old.sqlite")
    with ledger.transaction() as connection:
        bring_forward(connection, "first")
        connection.exec_driver_sql(
            "INSERT INTO jobs (kind, content, state, made_us, tries) VALUES ('old', '{}', 'waiting', 1, 0)"
        )
    with pytest.raises(LeadscoreError, match="has schema first"):
        Ledger.opened(tmp_path / "old.sqlite")
    made = Ledger.made(tmp_path / "old.sqlite")
    with made.reading() as connection:
        assert list(compare_metadata(MigrationContext.configure(connection), METADATA)) == []
    assert made.counts()["jobs"] == 1
    assert Jobs.beside(made).take("anybody") is None  # no job of ours
    made.close()
    ledger.close()


@pytest.mark.slow
def test_in_postgres_each_of_many_jobs_is_taken_once(postgres: str, tmp_path: Path) -> None:  # noqa: F811
    jobs = Jobs(Ledger.made(postgres), tmp_path)
    files = company(tmp_path / "given")
    wanted = [jobs.submit("score", files, {"asked": str(n)}, "anna").id for n in range(40)]
    taken = list[str]()

    def work(holder: str) -> None:
        while (job := jobs.take(holder)) is not None:
            taken.append(job.id)

    threads = [threading.Thread(target=work, args=(f"holder {n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(wanted)
    assert jobs.cancel(wanted[0]).state == "cancelled"
    jobs.ledger.close()
