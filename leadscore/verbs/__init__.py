"""The verbs of the command, one file a group: each imports the layers that it needs when it is called."""

import click

from leadscore.verbs.crm.connect import connect
from leadscore.verbs.crm.conversions import conversions
from leadscore.verbs.crm.inbound import inbound
from leadscore.verbs.crm.pull import pull
from leadscore.verbs.crm.push import push
from leadscore.verbs.learning.champion import promote, rollback, status
from leadscore.verbs.learning.company import demo, simulate
from leadscore.verbs.learning.recipes import features, init, inspect, snapshots
from leadscore.verbs.learning.training import compare, train
from leadscore.verbs.learning.watching import effect, retrain, watch
from leadscore.verbs.lists.accounts import accounts
from leadscore.verbs.lists.funnel import funnel
from leadscore.verbs.lists.plan import decide, plan
from leadscore.verbs.lists.scorecards import rules
from leadscore.verbs.lists.scoring import check_skew, open_leads, score, serve
from leadscore.verbs.service.agents import mcp
from leadscore.verbs.service.image import image
from leadscore.verbs.service.jobs import jobs
from leadscore.verbs.service.keys import keys
from leadscore.verbs.service.ledger import ledger
from leadscore.verbs.service.rights import explain_person, notice
from leadscore.verbs.service.schema import schema

VERBS: tuple[click.Command, ...] = (
    simulate, init, inspect, check_skew, snapshots, features, train, promote, rollback, status, watch,
    retrain, effect, open_leads, compare, rules, funnel, conversions, score, serve, demo, ledger, keys, jobs,
    inbound, pull, connect, push, plan, decide, accounts, explain_person, notice, mcp, schema, image,
)  # fmt: skip

__all__ = ["VERBS"]
