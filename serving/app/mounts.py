"""The pages of this package, each with the key that it needs."""

from __future__ import annotations

from serving.api.desk import Mount
from serving.app.home import home
from serving.page.frame import SCRIPT_PATH, STYLE_PATH
from serving.visit.doors import assets, settings, sign_in, sign_out

APP_MOUNTS: tuple[Mount, ...] = (
    Mount("/app", ("GET",), "any", home, page=True),
    Mount("/app/sign-in", ("GET", "POST"), "open", sign_in, page=True),
    Mount("/app/sign-out", ("POST",), "open", sign_out, page=True),
    Mount("/app/settings", ("POST",), "open", settings, page=True),
    Mount(STYLE_PATH, ("GET",), "open", assets, page=True),
    Mount(SCRIPT_PATH, ("GET",), "open", assets, page=True),
)
