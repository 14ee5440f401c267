"""The pages of this package, each with the key that it needs."""

from __future__ import annotations

from serving.api.desk import Mount
from serving.app.columns import columns
from serving.app.download import download
from serving.app.home import home, uploads
from serving.app.lead_page import lead_page
from serving.app.progress import again, cancel
from serving.app.results import job_page
from serving.page.frame import SCRIPT_PATH, STYLE_PATH
from serving.visit.doors import assets, settings, sign_in, sign_out

APP_MOUNTS: tuple[Mount, ...] = (
    Mount("/app", ("GET",), "any", home, page=True),
    Mount("/app/uploads", ("POST",), "score", uploads, page=True, streamed=True),
    Mount("/app/uploads/{draft_id}", ("GET", "POST"), "score", columns, page=True),
    Mount("/app/jobs/{job_id}", ("GET",), "score", job_page, page=True),
    Mount("/app/jobs/{job_id}/cancel", ("POST",), "score", cancel, page=True),
    Mount("/app/jobs/{job_id}/again", ("POST",), "score", again, page=True),
    Mount("/app/jobs/{job_id}/download", ("GET",), "score", download, page=True),
    Mount("/app/jobs/{job_id}/leads/{row:int}", ("GET",), "score", lead_page, page=True),
    Mount("/app/sign-in", ("GET", "POST"), "open", sign_in, page=True),
    Mount("/app/sign-out", ("POST",), "open", sign_out, page=True),
    Mount("/app/settings", ("POST",), "open", settings, page=True),
    Mount(STYLE_PATH, ("GET",), "open", assets, page=True),
    Mount(SCRIPT_PATH, ("GET",), "open", assets, page=True),
)
