"""What every section of a recipe is."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A part of the recipe: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def said(value: Any) -> Any:
    """What a section says beyond its defaults, as plain JSON; all of anything else."""
    match value:
        case Section():
            fields = type(value).model_fields
            told = {name: getattr(value, name) for name in fields}
            default = {name: field.get_default(call_default_factory=True) for name, field in fields.items()}
            return {name: said(own) for name, own in told.items() if own != default[name]}
        case dict():
            return {str(key): said(own) for key, own in value.items()}
        case list() | tuple():
            return [said(own) for own in value]
    return value
