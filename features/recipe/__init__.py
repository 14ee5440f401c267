"""What a company says of itself and of the model it wants, checked."""

from features.recipe.crm import FieldMeaning, FieldType, Known
from features.recipe.file import lines_to_check, load_recipe, parse_recipe
from features.recipe.formats import DateFormat
from features.recipe.recipe import Gate, Recipe, Segments, Training, usable
from features.recipe.stages import Entry

__all__ = [
    "DateFormat",
    "Entry",
    "FieldMeaning",
    "FieldType",
    "Gate",
    "Known",
    "Recipe",
    "Segments",
    "Training",
    "lines_to_check",
    "load_recipe",
    "parse_recipe",
    "usable",
]
