"""What each origin of leads costs and brings, stage by stage, with intervals."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.funnel.bands import ScoresBefore as ScoresBefore
    from serving.funnel.cost_reports import CostReport as CostReport
    from serving.funnel.cost_reports import read_cost_report as read_cost_report
    from serving.funnel.figures import stage_values as stage_values
    from serving.funnel.funnel import GROUPINGS as GROUPINGS
    from serving.funnel.funnel import Funnel as Funnel
    from serving.funnel.funnel import make_funnel as make_funnel
    from serving.funnel.journeys import Journeys as Journeys
    from serving.funnel.journeys import journeys_of as journeys_of
    from serving.funnel.moved import move as move
    from serving.funnel.page import funnel_page as funnel_page
    from serving.funnel.rows import BANDS as BANDS
    from serving.funnel.rows import VOLUME as VOLUME
    from serving.funnel.rows import band_rows as band_rows
    from serving.funnel.rows import step_rows as step_rows
    from serving.funnel.rows import table_of as table_of
    from serving.funnel.rows import terminal_rows as terminal_rows
    from serving.funnel.scored import read_scored as read_scored

_PLACES = {
    "serving.funnel.bands": ["ScoresBefore"],
    "serving.funnel.cost_reports": ["CostReport", "read_cost_report"],
    "serving.funnel.figures": ["stage_values"],
    "serving.funnel.funnel": ["GROUPINGS", "Funnel", "make_funnel"],
    "serving.funnel.journeys": ["Journeys", "journeys_of"],
    "serving.funnel.moved": ["move"],
    "serving.funnel.page": ["funnel_page"],
    "serving.funnel.rows": ["BANDS", "VOLUME", "band_rows", "step_rows", "table_of", "terminal_rows"],
    "serving.funnel.scored": ["read_scored"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
