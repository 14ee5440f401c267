"""Layer 1: what a lead is, and how it becomes columns."""

from features.catalogue.accounts import AccountCount, from_tables_only
from features.catalogue.defaults import default_features
from features.catalogue.events import DecayedCount, EventCount, FirstEventDelay, Recency, ValueTotal
from features.catalogue.feature import Feature, window_of
from features.catalogue.fields import DateAge, FieldValue, Filled, SameTouch
from features.catalogue.json import dump_features, load_features
from features.catalogue.patterns import ActiveDays, DistinctKinds, EdgeKind, LongestStreak, Trend
from features.catalogue.shares import EventShare, WorkingShare
from features.catalogue.texts import DomainKind, KeywordGroup, SameCompany
from features.catalogue.times import CompanyAge, LeadAge, WallClock
from features.columns import Column, Columns, n_leads
from features.errors import FieldProblem, LeadError, LeadscoreError
from features.lead.lead import Lead
from features.lead.reader import LeadReader, parse_lead
from features.readings.offline import offline
from features.readings.online import online, stack
from features.recipe.file import load_recipe, parse_recipe
from features.recipe.recipe import Recipe
from features.snapshots.account import RowAccount
from features.snapshots.matrix import write_matrix
from features.snapshots.open import OpenRows, open_leads, write_open_leads
from features.snapshots.snapshots import Snapshots, snapshots
from features.tables.company import Tables, read_tables, tables_from_frames
from features.tables.quality import Quality

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
