"""Which schema a ledger has, and how it is brought forward to ours: never back, and never a newer one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from features.errors import LeadscoreError


def our_revision() -> str | None:
    """The revision that this leadscore reads and writes."""
    return _scripts().get_current_head()


def revision_of(connection: Connection) -> str | None:
    """The revision of a ledger, None where it has no tables yet."""
    if not inspect(connection).has_table("alembic_version"):
        return None
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
    scripts = _scripts()

    def steps(revision: Any, _context: MigrationContext) -> Any:
        return scripts._upgrade_revs(to, revision)  # as Alembic's own documentation asks for it

    context = MigrationContext.configure(connection, opts={"fn": steps, "script": scripts})
    with Operations.context(context):
        context.run_migrations()


def _scripts() -> ScriptDirectory:
    here = Path(__file__).parent / "migrations"
    return ScriptDirectory(here, version_locations=[here])
