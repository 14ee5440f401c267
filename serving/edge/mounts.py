"""Every endpoint of the service, with the key that it needs: a package adds its routes to `MOUNTS`."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import Match, Route
from starlette.types import Scope

from serving.api.desk import Mount
from serving.api.explaining import explained, what_if
from serving.api.intake import decisions, events, leads, outcomes
from serving.api.person import delete, everything, explanation, history
from serving.api.scoring import score
from serving.api.webhooks import webhook
from serving.api.who import model
from serving.app.mounts import APP_MOUNTS
from serving.crm.mount import METHODS, PATH
from serving.edge.inbound import inbound

MOUNTS: tuple[Mount, ...] = (
    Mount("/v1/score", ("POST",), "score", score),
    Mount("/v1/explain", ("POST",), "score", explained),
    Mount("/v1/what-if", ("POST",), "score", what_if),
    Mount("/v1/model", ("GET",), "any", model),
    Mount("/v1/events", ("POST",), "write", events),
    Mount("/v1/webhooks", ("POST",), "open", webhook),
    Mount("/v1/outcomes", ("POST",), "write", outcomes),
    Mount("/v1/leads", ("POST",), "write", leads),
    Mount("/v1/decisions", ("POST",), "write", decisions),
    Mount("/v1/leads/{lead_id:path}/scores", ("GET",), "read", history),
    Mount("/v1/leads/{lead_id:path}/explanation", ("GET",), "read", explanation),
    Mount("/v1/leads/{lead_id:path}", ("GET",), "read", everything),
    Mount("/v1/leads/{lead_id:path}", ("DELETE",), "admin", delete),
    Mount(PATH, METHODS, "open", inbound),
    *APP_MOUNTS,
)


class Mounts:
    """Finds the endpoint that a request is for."""

    def __init__(self, mounts: Sequence[Mount] = MOUNTS) -> None:
        self.routes = [Route(one.path, one.answer, methods=list(one.methods)) for one in mounts]
        self._mounts = list(mounts)

    def found(self, scope: Scope) -> tuple[Mount | None, list[str]]:
        """The endpoint that `scope` asks, and where it is one by its path alone the methods of that path."""
        others = list[tuple[Mount, Route]]()
        for route, mount in zip(self.routes, self._mounts, strict=True):
            match, _ = route.matches(scope)
            if match is Match.FULL:
                return mount, []
            if match is Match.PARTIAL:
                others.append((mount, route))
        methods = {method for _, route in others for method in route.methods or ()}
        return (others[0][0] if others else None), sorted(methods)
