"""Every table of the ledger, as SQLAlchemy knows it; `migrations` make them, and a test compares both.

Moments are whole µs since 1970 UTC. Tables of intake are append-only, and each row has a `natural_key` (what
makes it the same row when it is sent again) and a `digest` (of all that was sent).

Which schema a ledger has, and how it is brought forward to ours: never back, and never a newer one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)

from features.errors import LeadscoreError

if TYPE_CHECKING:  # Alembic looks at a ledger once; who has none starts without it
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

METADATA = MetaData()
_SEQ = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by INTEGER alone


def _seq() -> Column[int]:
    return Column("seq", _SEQ, primary_key=True, autoincrement=True)


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _us(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _intake() -> list[Column[str] | Column[int]]:
    """What every table of intake has: its place in the order of arrival, its keys, who sent it, when."""
    return [
        _seq(),
        Column("natural_key", Text, nullable=False, unique=True),
        _text("digest"),
        _text("source"),
        _us("recorded_us"),
    ]


LEADS = Table("leads", METADATA, _seq(), Column("lead_id", Text, nullable=False, unique=True),
              _text("source"), _us("recorded_us"))  # fmt: skip
"""Each lead once, in the order in which the ledger met it; what it holds is the fold of its history."""

FIELD_HISTORY = Table("field_history", METADATA, *_intake(), _text("lead_id"), _text("origin"),
                      _us("valid_from_us"), _text("cells"))  # fmt: skip
"""Cells (a JSON object) that hold from a moment on. `origin`: 'export' (a row of an imported table of leads),
'history' (of an imported table of changes), 'change' (sent while the company runs)."""

EVENTS = Table("events", METADATA, *_intake(), _text("event_id", null=True), _text("lead_id"), _text("kind"),
               _us("occurred_us"), _us("ingested_us", null=True), _text("value", null=True))  # fmt: skip

OUTCOMES = Table("outcomes", METADATA, *_intake(), _text("lead_id"), _text("stage"),
                 _us("occurred_us", null=True), _text("amount", null=True))  # fmt: skip

SCORES = Table("scores", METADATA, *_intake(), _text("lead_id"), _us("as_of_us"), _text("rung"),
               _text("version"), _text("recipe_hash"), Column("shadow", Boolean, nullable=False),
               _text("answer"), _text("features", null=True))  # fmt: skip
"""What was answered: the whole answer and the features at that moment, both JSON objects."""

DECISIONS = Table("decisions", METADATA, *_intake(), _text("lead_id"), _text("kind"), _text("by"),
                  _text("reason"), _text("content", null=True), _us("decided_us"),
                  _us("expires_us", null=True))  # fmt: skip
"""What people decided of a lead: override, refusal, opt-out, contest."""

PUSH_STATE = Table("push_state", METADATA, Column("target", Text, primary_key=True),
                   Column("lead_id", Text, primary_key=True), _text("sent"), _us("as_of_us"),
                   _us("sent_us", null=True), Column("tries", Integer, nullable=False),
                   _text("problem", null=True))  # fmt: skip
"""What a CRM was last sent of each lead, and what keeps the next one from it."""

CURSORS = Table("cursors", METADATA, Column("source", Text, primary_key=True), _text("position"),
                _us("moved_us"))  # fmt: skip
"""Up to where a source was pulled; moved in the transaction that stores what it points past."""

KEYS = Table("keys", METADATA, Column("key_id", Text, primary_key=True), _text("name"), _text("hash"),
             _text("scopes"), _us("created_us"), _us("expires_us", null=True),
             _us("revoked_us", null=True))  # fmt: skip

IDEMPOTENCY_KEYS = Table("idempotency_keys", METADATA, Column("caller", Text, primary_key=True),
                         Column("key", Text, primary_key=True), _text("digest"), _text("receipt"),
                         _us("recorded_us"))  # fmt: skip

JOBS = Table("jobs", METADATA, _seq(), _text("kind"), _text("content"), _text("state"), _us("made_us"),
             _text("leased_by", null=True), _us("leased_until_us", null=True),
             Column("tries", Integer, nullable=False), _us("finished_us", null=True),
             _text("problem", null=True), _text("job_id", null=True), _text("made_by", null=True),
             _text("step", null=True), _us("done", null=True), _us("total", null=True))  # fmt: skip
"""Work with a lease: a job is finished when its effect is committed, never when it was fetched.

`job_id` follows from what is asked, so that the same is one job; `problem` tells people how it ended.
"""

EXPLORATION_DRAWS = Table("exploration_draws", METADATA, *_intake(), _text("lead_id"), _us("drawn_us"),
                          Column("share", Float, nullable=False),
                          Column("chosen", Boolean, nullable=False),
                          UniqueConstraint("lead_id", "drawn_us"))  # fmt: skip

for _table in (FIELD_HISTORY, EVENTS, OUTCOMES, SCORES, DECISIONS):
    Index(f"{_table.name}_by_lead", _table.c.lead_id)
Index("jobs_by_state", JOBS.c.state, JOBS.c.leased_until_us)
Index("jobs_by_id", JOBS.c.job_id, unique=True)


def our_revision() -> str | None:
    """The revision that this leadscore reads and writes."""
    return _scripts().get_current_head()


def revision_of(connection: Connection) -> str | None:
    """The revision of a ledger, None where it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def refuse_newer(name: str, found: str | None) -> None:
    """A ledger whose revision is not among ours was written by a newer leadscore.

    Raises:
        LeadscoreError: it was.
    """
    known = {script.revision for script in _scripts().walk_revisions()}
    if found is not None and found not in known:
        raise LeadscoreError(
            f"{name}: its schema is newer than this leadscore knows ({our_revision()}).",
            "Install the leadscore that wrote it, or a newer one.",
        )


def bring_forward(connection: Connection, to: str = "head") -> None:
    """Make what the schema lacks, in the transaction of `connection`: all of it, or nothing."""
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

    scripts = _scripts()

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs(to, revision)  # as Alembic's own documentation asks for it

    context = MigrationContext.configure(connection, opts={"fn": steps, "script": scripts})
    with Operations.context(context):
        context.run_migrations()


def _scripts() -> ScriptDirectory:
    from alembic.script import ScriptDirectory

    here = Path(__file__).parent / "migrations"
    return ScriptDirectory(here, version_locations=[here])
