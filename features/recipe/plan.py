"""When leads are looked at, and which features are made of them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from features.recipe.section import Section

MOST_DAYS = 36_500
"""A span of a century; longer ones leave the years that dates can have."""


class SnapshotPlan(Section):
    """`[snapshots]`: the ages in days at which each open lead is looked at."""

    at_days: tuple[Annotated[float, Field(ge=0, le=MOST_DAYS)], ...] = Field(
        default=(0, 1, 3, 7, 14, 30, 60, 120, 240), min_length=1
    )


class Windows(Section):
    """`[windows]`: the look-back windows and half-lives, in days, of the default behavioural features."""

    days: tuple[Annotated[float, Field(gt=0, le=MOST_DAYS)], ...] = ()
    half_life_days: tuple[Annotated[float, Field(gt=0)], ...] = (14,)


class FeaturePlan(Section):
    """`[features]`: what to leave out of the default set (names, `*` allowed) and what to add to it.

    `season` adds the month of as_of on a circle; it is off because a year or two of history make a calendar
    of it, and `init` turns it on where leads span two and a half years. `accounts` adds what the account's
    other leads did and became, which tables and a ledger can tell: where neither does, a model made with it
    is not asked. `activity` lets training try how active a lead is
    now (a hidden chain that is fitted on all leads), and keep it where the folds say that it gains. The chain
    does not look at a kind of event whose own features are all `off` (`off = ["*_visit*"]`).
    """

    off: tuple[str, ...] = ()
    add: tuple[dict[str, Any], ...] = ()
    season: bool = False
    accounts: bool = False
    activity: bool = True
