"""Today's list for each owner: which lead is contacted when, how, by whom, and why."""

from serving.planning.book import parse_playbook
from serving.planning.law import law_of
from serving.planning.page import plan_page
from serving.planning.plan import Plan, make_plan
from serving.planning.rows import PLAN_COLUMNS, owners, shown_rows, write_csv
from serving.planning.starter import starter
from serving.planning.toml_file import read_text

__all__ = [
    "PLAN_COLUMNS",
    "Plan",
    "law_of",
    "make_plan",
    "owners",
    "parse_playbook",
    "plan_page",
    "read_text",
    "shown_rows",
    "starter",
    "write_csv",
]
