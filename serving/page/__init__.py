"""Pages people read: one shell, one style, drawings without script."""

from serving.page.axes import BLUE, GREY, VERMILION
from serving.page.curves import Curve, curves_chart
from serving.page.frame import (
    ROOMS,
    Room,
    Visitor,
    button,
    choice,
    form,
    framed,
    labelled,
    note,
    tiles,
)
from serving.page.look import look
from serving.page.markup import Child, Markup, join, own, stacked, table, tag
from serving.page.rows import ValueRow, rows_chart
from serving.page.shell import bullets, contents, figure, page, paragraph, picture, section
from serving.page.words import Words, percent, plain, signed, typeset, with_ends

__all__ = [
    "BLUE",
    "GREY",
    "ROOMS",
    "VERMILION",
    "Child",
    "Curve",
    "Markup",
    "Room",
    "ValueRow",
    "Visitor",
    "Words",
    "bullets",
    "button",
    "choice",
    "contents",
    "curves_chart",
    "figure",
    "form",
    "framed",
    "join",
    "labelled",
    "look",
    "note",
    "own",
    "page",
    "paragraph",
    "percent",
    "picture",
    "plain",
    "rows_chart",
    "section",
    "signed",
    "stacked",
    "table",
    "tag",
    "tiles",
    "typeset",
    "with_ends",
]
