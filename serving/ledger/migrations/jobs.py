"""Jobs that people follow: a name of their own, whose they are, how far, what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "jobs"
down_revision = "first"


def upgrade() -> None:
    """Add what a page shows of a job."""
    for name, kind in (
        ("job_id", sa.Text()),
        ("made_by", sa.Text()),
        ("step", sa.Text()),
        ("done", sa.BigInteger()),
        ("total", sa.BigInteger()),
    ):
        op.add_column("jobs", sa.Column(name, kind, nullable=True))
    op.create_index("jobs_by_id", "jobs", ["job_id"], unique=True)
