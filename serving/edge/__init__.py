"""One HTTP request in, one answer out; closed by default."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.edge.service import run as run

_PLACES = {"serving.edge.service": ["run"]}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
