"""Today's list for each owner: which lead is contacted when, how, by whom, and why."""

from serving.planning.check import CHECK_COLUMNS, agreement_checks
from serving.planning.kept import keep_plan
from serving.planning.page import plan_page
from serving.planning.plan import Plan, make_plan
from serving.planning.rows import PLAN_COLUMNS, owners, shown_rows, write_csv
from serving.planning.told import decide, told_by

__all__ = [
    "CHECK_COLUMNS",
    "PLAN_COLUMNS",
    "Plan",
    "agreement_checks",
    "decide",
    "keep_plan",
    "make_plan",
    "owners",
    "plan_page",
    "shown_rows",
    "told_by",
    "write_csv",
]
