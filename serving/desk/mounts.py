"""The pages of this package, each with the key that it needs."""

from __future__ import annotations

from serving.api.desk import Mount
from serving.desk import champion
from serving.desk.asked import endpoint, taking
from serving.desk.assumed import corrected
from serving.desk.company import PATHS, company_page
from serving.desk.start import start
from serving.desk.work import again, cancel, result, work

_JOB = "/app/work/{job_id}"
DESK_MOUNTS: tuple[Mount, ...] = (
    Mount("/app/start", ("GET", "POST"), "write", taking(start), page=True, streamed=True),
    Mount(_JOB, ("GET",), "any", endpoint(work), page=True),
    Mount(f"{_JOB}/cancel", ("POST",), "any", endpoint(cancel), page=True),
    Mount(f"{_JOB}/again", ("POST",), "any", endpoint(again), page=True),
    Mount(f"{_JOB}/assumed", ("POST",), "write", endpoint(corrected), page=True),
    Mount(f"{_JOB}/{{name}}", ("GET",), "any", endpoint(result), page=True),
    Mount("/app/champion", ("GET",), "read", endpoint(champion.champion), page=True),
    Mount("/app/champion/report", ("GET",), "read", endpoint(champion.report), page=True),
    Mount("/app/champion/promote", ("GET", "POST"), "admin", endpoint(champion.promote), page=True),
    Mount("/app/champion/rollback", ("GET", "POST"), "admin", endpoint(champion.rollback), page=True),
    *(
        Mount(f"/app/{path}", ("GET", "POST"), "read", taking(company_page(kind)), page=True, streamed=True)
        for kind, path in PATHS.items()
    ),
)
