"""What each column and table of an export is, and which column of a recipe it is."""

from features.profiles.endings import reads_as_won, won_among
from features.profiles.kinds import Company, Joined, date_column, stage_column
from features.profiles.presets import called_columns, plain, presets
from features.profiles.profile import profile, recurs
from features.profiles.stand_ins import stand_ins
from features.profiles.table import ColumnProfile, TableProfile

__all__ = [
    "ColumnProfile",
    "Company",
    "Joined",
    "TableProfile",
    "called_columns",
    "date_column",
    "plain",
    "presets",
    "profile",
    "reads_as_won",
    "recurs",
    "stage_column",
    "stand_ins",
    "won_among",
]
