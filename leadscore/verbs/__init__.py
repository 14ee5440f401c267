"""The verbs of the command, one file a group: each imports the layers that it needs when it is called."""

from leadscore.verbs.champion import promote, rollback
from leadscore.verbs.company import demo, simulate
from leadscore.verbs.recipes import features, init, inspect
from leadscore.verbs.scoring import check_skew, open_leads, score, serve
from leadscore.verbs.training import compare

__all__ = [
    "check_skew",
    "compare",
    "demo",
    "features",
    "init",
    "inspect",
    "open_leads",
    "promote",
    "rollback",
    "score",
    "serve",
    "simulate",
]
