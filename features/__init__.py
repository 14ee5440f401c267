"""Layer 1: what a lead is, and how it becomes columns."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from features.catalogue import Feature as Feature
    from features.catalogue import default_features as default_features
    from features.errors import LeadError as LeadError
    from features.errors import LeadscoreError as LeadscoreError
    from features.lead import Lead as Lead
    from features.lead import parse_lead as parse_lead
    from features.recipe import Recipe as Recipe
    from features.recipe import load_recipe as load_recipe
    from features.recipe import parse_recipe as parse_recipe
    from features.tables import Tables as Tables
    from features.tables import read_tables as read_tables
    from features.tables import tables_from_frames as tables_from_frames

_PLACES = {
    "features.catalogue": ["Feature", "default_features"],
    "features.errors": ["LeadError", "LeadscoreError"],
    "features.lead": ["Lead", "parse_lead"],
    "features.recipe": ["Recipe", "load_recipe", "parse_recipe"],
    "features.tables": ["Tables", "read_tables", "tables_from_frames"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
