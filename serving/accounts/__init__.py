"""The open leads of each account together: who is there, how it fits, and how likely any of it converts."""

from serving.accounts.dependence import Dependence, any_of, measure
from serving.accounts.due import AccountsDue, account_values
from serving.accounts.moved import accounts_moved
from serving.accounts.rollup import AccountRow, Accounts, roll_up
from serving.accounts.rows import ACCOUNT_COLUMNS, shown_accounts, write_accounts

__all__ = [
    "ACCOUNT_COLUMNS",
    "AccountRow",
    "Accounts",
    "AccountsDue",
    "Dependence",
    "account_values",
    "accounts_moved",
    "any_of",
    "measure",
    "roll_up",
    "shown_accounts",
    "write_accounts",
]
