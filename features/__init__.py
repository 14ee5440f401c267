"""Layer 1: what a lead is, and how it becomes columns."""

from features.account_features import AccountCount, from_tables_only
from features.catalogue import default_features
from features.columns import Column, Columns, n_leads
from features.errors import LeadscoreError
from features.event_features import DecayedCount, EventCount, FirstEventDelay, Recency, ValueTotal
from features.feature import Feature, window_of
from features.feature_json import dump_features, load_features
from features.field_features import DateAge, DomainKind, FieldValue, Filled, KeywordGroup, SameCompany
from features.field_problem import FieldProblem, LeadError
from features.lead import Lead
from features.matrix_file import write_matrix
from features.offline import offline
from features.online import online, stack
from features.open_rows import OpenRows, write_open_leads
from features.origin_features import SameTouch
from features.parse_lead import LeadReader, parse_lead
from features.pattern_features import (
    ActiveDays,
    DistinctKinds,
    EdgeKind,
    LongestStreak,
    Trend,
)
from features.quality import Quality
from features.recipe import Recipe
from features.recipe_file import load_recipe, parse_recipe
from features.share_features import EventShare, WorkingShare
from features.snapshots import RowAccount, Snapshots, open_leads, snapshots
from features.tables import Tables, read_tables, tables_from_frames
from features.time_features import CompanyAge, LeadAge, WallClock

__all__ = [
    "AccountCount",
    "ActiveDays",
    "Column",
    "Columns",
    "CompanyAge",
    "DateAge",
    "DecayedCount",
    "DistinctKinds",
    "DomainKind",
    "EdgeKind",
    "EventCount",
    "EventShare",
    "Feature",
    "FieldProblem",
    "FieldValue",
    "Filled",
    "FirstEventDelay",
    "KeywordGroup",
    "Lead",
    "LeadAge",
    "LeadError",
    "LeadReader",
    "LeadscoreError",
    "LongestStreak",
    "OpenRows",
    "Quality",
    "Recency",
    "Recipe",
    "RowAccount",
    "SameCompany",
    "SameTouch",
    "Snapshots",
    "Tables",
    "Trend",
    "ValueTotal",
    "WallClock",
    "WorkingShare",
    "default_features",
    "dump_features",
    "from_tables_only",
    "load_features",
    "load_recipe",
    "n_leads",
    "offline",
    "online",
    "open_leads",
    "parse_lead",
    "parse_recipe",
    "read_tables",
    "snapshots",
    "stack",
    "tables_from_frames",
    "window_of",
    "write_matrix",
    "write_open_leads",
]
