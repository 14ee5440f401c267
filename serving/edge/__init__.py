"""One HTTP request in, one answer out; closed by default."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.edge.running import running_service as running_service
    from serving.edge.service import run as run

_PLACES = {
    "serving.edge.running": ["running_service"],
    "serving.edge.service": ["run"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
