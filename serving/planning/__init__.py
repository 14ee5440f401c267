"""Today's list for each owner: which lead is contacted when, how, by whom, and why."""

from serving.planning.page import plan_page
from serving.planning.plan import Plan, make_plan
from serving.planning.rows import PLAN_COLUMNS, owners, shown_rows, write_csv

__all__ = ["PLAN_COLUMNS", "Plan", "make_plan", "owners", "plan_page", "shown_rows", "write_csv"]
