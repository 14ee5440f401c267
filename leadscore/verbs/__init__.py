"""The verbs of the command, one file a group: each imports the layers that it needs when it is called."""

import click

from leadscore.verbs.champion import promote, rollback, status
from leadscore.verbs.company import demo, simulate
from leadscore.verbs.connect import connect
from leadscore.verbs.conversions import conversions
from leadscore.verbs.funnel import funnel
from leadscore.verbs.image import image
from leadscore.verbs.inbound import inbound
from leadscore.verbs.jobs import jobs
from leadscore.verbs.keys import keys
from leadscore.verbs.ledger import ledger
from leadscore.verbs.plan import decide, plan
from leadscore.verbs.pull import pull
from leadscore.verbs.push import push
from leadscore.verbs.recipes import features, init, inspect, snapshots
from leadscore.verbs.rights import explain_person, notice
from leadscore.verbs.scorecards import rules
from leadscore.verbs.scoring import check_skew, open_leads, score, serve
from leadscore.verbs.training import compare, train
from leadscore.verbs.watching import watch

VERBS: tuple[click.Command, ...] = (
    simulate, init, inspect, check_skew, snapshots, features, train, promote, rollback, status, watch,
    open_leads, compare, rules, funnel, conversions, score, serve, demo, ledger, keys, jobs, inbound, pull,
    connect, push, plan, decide, explain_person, notice, image,
)  # fmt: skip

__all__ = ["VERBS"]
