"""Whether the cells of a column are numbers, with which decimal mark, and what stands for none."""

from __future__ import annotations

from features.cells import number
from features.profiles.format import ENOUGH, JUDGED, ColumnFormat, share_of
from features.recipe.formats import ValueFormat


def as_number(head: dict[str, int], cells: int, name: str) -> ColumnFormat | None:
    """Numbers, with the decimal mark under which most can be read; codes with leading zeros are none."""
    coded = share_of(head, cells, lambda text: text.isdigit() and text[0] == "0" and len(text) > 1)
    if coded > 0.02:
        return None
    point = share_of(head, cells, lambda text: number(text, ".") is not None)
    comma = share_of(head, cells, lambda text: number(text, ",") is not None)
    if max(point, comma) < ENOUGH:
        return None
    # "0,123" and "12,5" cannot group thousands; "1,200" can, and does where nothing speaks against it.
    as_comma = comma > point or (comma == point and any(text.lstrip("+-").startswith("0,") for text in head))
    misfits = round((1 - (comma if as_comma else point)) * cells)
    stand_in = stand_in_of(head, "," if as_comma else ".")
    dense = _is_sequence(head, cells)
    form: ValueFormat | None = "decimal_comma" if as_comma else None
    return ColumnFormat("id" if dense else "number", form, (stand_in,) if stand_in else (), misfits=misfits)


def stand_in_of(head: dict[str, int], decimal: str) -> str | None:
    """The number that stands for "none", such as 999 or -1: frequent, and far outside all others."""
    values = {text: value for text in head if (value := number(text, decimal)) is not None}
    plain = {text: f"{value:.15g}" for text, value in values.items()}  # -1.0 and "-1,00" are -1
    found = [text for text in values if plain[text].lstrip("-").strip("9") == "" or plain[text] == "-1"]
    for text in (text for text in found if plain[text] not in ("9", "-9")):
        others = [value for other, value in values.items() if other != text]
        share = head[text] / sum(head.values())
        if len(others) < 3 or share < 0.02:
            continue
        width = max(others) - min(others)
        below = values[text] == -1 and min(others) >= 0 and all(value == int(value) for value in others)
        if below or (values[text] > max(others) + 2 * width and values[text] > 90):
            return text
    return None


def _is_sequence(head: dict[str, int], cells: int) -> bool:
    """Whether whole numbers are all different and fill their range: a counter, not a measurement."""
    if cells < 50 or len(head) < cells or len(head) >= JUDGED or not all(text.isdigit() for text in head):
        return len(head) >= JUDGED and cells == len(head) and _dense_sample(head)
    values = [int(text) for text in head]
    return max(values) - min(values) < 2 * len(values)


def _dense_sample(head: dict[str, int]) -> bool:
    """A sample cut off at `JUDGED` comes in the file's order: a counter makes it a run."""
    if not all(text.isdigit() for text in head):
        return False
    values = [int(text) for text in head]
    return max(values) - min(values) < 2 * len(values)
