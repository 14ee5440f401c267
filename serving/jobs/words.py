"""Each kind of job as words of our command: what it reads, which options it takes, what it writes."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from features.errors import LeadscoreError, nearest_name
from serving.jobs.job import Job

NOT_TOLD = ("title", "asked", "format", "sheet")
"""Options of the page alone: what a job is called, which asking it is, in which form scores come back, and
the sheet of a workbook, which is part of a file's name."""
_CONTROL, _NUL = re.compile(r"[\x00-\x1f\x7f]"), re.compile(r"\x00")
FLAG = "yes"
"""The value of an option that the command takes without one."""


@dataclass(frozen=True)
class JobKind:
    """A verb of the command: its arguments (roles of files, or options) and what else it may be given.

    `files` and `options` are those of the verb by their own names; `writes` the options that name a file in
    the folder of results; `many` may be given more than once: options kept as `in_one` text, files as NAME,
    NAME-2 and so on. `several` are options of several values at once, kept as `in_one` text too.
    """

    verb: str
    arguments: tuple[str, ...]
    files: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    many: tuple[str, ...] = ()
    several: tuple[str, ...] = ()
    writes: Mapping[str, str] = field(default_factory=dict)
    always: tuple[str, ...] = ("--json", "--force")

    @property
    def roles(self) -> tuple[str, ...]:
        """The files that may be handed over."""
        return (*self.arguments, *self.files)


KINDS: dict[str, JobKind] = {
    "score": JobKind(
        "score", ("leads",), ("events", "recipe", "changed-since"),
        ("as-of", "model", "reasons", "language", "for", "sort", "only", "top"), many=("column",),
        writes={"report": "report.html"},
    ),
    "init": JobKind(
        "init", ("*",), options=("outcome", "time", "id", "name"), many=("exclude", "keep"), flags=("open",),
        always=("--json", "--force", "--yes"),
    ),
    "inspect": JobKind("inspect", ("recipe",), ("*",), ("data",), writes={"out": "inspection.html"}),
    "train": JobKind(
        "train", ("recipe",), ("*",), ("language", "budget"), ("new-bands",), writes={"report": "report.html"}
    ),
    "funnel": JobKind(
        "funnel", ("recipe",), ("costs", "scores", "earlier", "*"), ("by", "currency", "data", "language"),
        many=("costs", "earlier"), several=("move",),
        writes={"html": "funnel.html", "csv": "funnel.csv"},
    ),
    "accounts": JobKind(
        "accounts", ("recipe",), ("*",), ("as-of", "model", "data"), writes={"csv": "accounts.csv"}
    ),
    "watch": JobKind("watch", ("recipe",), ("*",), ("model", "data"), writes={"html": "watch.html"}),
    "plan": JobKind(
        "plan", ("recipe",), ("*",), ("as-of", "model", "data", "language"),
        writes={"html": "today.html", "csv": "today.csv"},
    ),
    "promote": JobKind("promote", ("name",), (), ("run", "reason"), ("force",), always=("--json",)),
    "rollback": JobKind("rollback", ("name",), (), ("reason",), always=("--json",)),
    "status": JobKind("status", ("name",), always=("--json",)),
}  # fmt: skip


def in_one(values: Sequence[str]) -> str:
    """Several values of an option as one text: a header may hold any sign, also a line break."""
    return json.dumps(list(values)) if values else ""


def each_of(text: str) -> list[str]:
    """The values in such a text; one of an earlier version has one a line."""
    try:
        found = json.loads(text)
    except ValueError:
        return text.splitlines()
    return [str(one) for one in found] if isinstance(found, list) else text.splitlines()


def check_asked(kind: str, files: Sequence[str], options: Mapping[str, str]) -> None:
    """Whether there is such a kind of job, and it takes these files and options.

    Raises:
        LeadscoreError: one is not known, or what it works on is missing.
    """
    if kind not in KINDS:
        raise LeadscoreError(f"there are no jobs of kind '{kind}'.", nearest_name(kind, list(KINDS)))
    found = KINDS[kind]
    known = (*found.arguments, *found.options, *found.flags, *found.many, *found.several, *NOT_TOLD)
    lists = (*found.many, *found.several)
    for name in options:
        if name not in known:
            raise LeadscoreError(f"a job '{kind}' has no option '{name}'.", nearest_name(name, known))
        odd = _NUL if name in found.many or name == "title" else _CONTROL
        if any(odd.search(one) for one in (each_of(options[name]) if name in lists else [options[name]])):
            raise LeadscoreError(f"{name}: holds a control character.", "Write it anew without it.")
    for role in files:
        if role not in found.roles and "*" not in found.roles:
            raise LeadscoreError(f"a job '{kind}' takes no file '{role}'.", nearest_name(role, found.roles))
    for one in found.arguments:
        if (one != "*" and one not in files and one not in options) or (one == "*" and not files):
            raise LeadscoreError(f"a job '{kind}' needs '{one}'.", "Hand it over too.")


def words_of(job: Job, answering: Mapping[str, str]) -> list[str]:
    """The words of our command that do `job`; `answering`: recipe and model unless it says."""
    kind, options = KINDS[job.kind], dict(job.options)
    words = [kind.verb, *kind.always]
    if "recipe" not in job.files:  # the service's model does not answer for another recipe
        options = {name: value for name, value in answering.items()
                   if name in (*kind.roles, *kind.options)} | options  # fmt: skip
    if job.kind == "score":
        words.append(f"--out={job.results / scored_name(job)}")
    if job.kind == "init":
        words.append(f"--out={job.inputs / 'recipe.toml'}")
    words += [f"--{name}={job.results / file}" for name, file in kind.writes.items()]
    for role, file in job.files.items():
        name = role.partition("-")[0] if role not in kind.files else role
        if name in kind.files and (role == name or name in kind.many):
            words.append(f"--{name}={job.inputs / file}")
    told = {name: value for name, value in options.items() if name not in (*NOT_TOLD, *kind.arguments)}
    for name, value in told.items():
        if name in kind.flags:
            words += [f"--{name}"] * (value == FLAG)
        elif name in kind.several:
            words += [f"--{name}", *each_of(value)]
        else:
            words += [f"--{name}={one}" for one in (each_of(value) if name in kind.many else [value])]
    return [*words, "--", *_arguments(job, kind)]


def _arguments(job: Job, kind: JobKind) -> list[str]:
    sheet = f"#{job.options['sheet']}" if job.options.get("sheet") else ""
    named = {role: str(job.inputs / name) for role, name in job.files.items()}
    if kind.arguments == ("*",):
        return [f"{path}{sheet}" if path.endswith(".xlsx") else path for path in named.values()]
    return [f"{named[one]}{sheet}" if one in named else job.options[one] for one in kind.arguments]


def scored_name(job: Job) -> str:
    """The file of a scored export: in the form that is asked for, else in that of the export."""
    own = Path(job.files["leads"]).suffix.lower().lstrip(".")
    form = job.options.get("format") or (own if own in ("csv", "xlsx", "parquet") else "csv")
    return f"scored.{form}"
