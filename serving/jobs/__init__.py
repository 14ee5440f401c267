"""Work that outlives a request: kept in the ledger, done by our own command in a process of its own."""

from serving.jobs.job import Job
from serving.jobs.kept import Jobs
from serving.jobs.runner import Runner
from serving.jobs.words import KINDS

__all__ = ["KINDS", "Job", "Jobs", "Runner"]
