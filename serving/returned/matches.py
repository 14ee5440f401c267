"""How each column that a recipe reads was found in an export, and how surely."""

from __future__ import annotations

from pydantic import BaseModel

_SURE = 0.95


class Match(BaseModel):
    """A field or role of the recipe, its `column`, whether the export has it, the one that may be meant.

    `filled` cells hold something, `unreadable` of them do not parse as the field's type.
    """

    field: str
    column: str
    present: bool
    meant: str | None = None
    filled: int = 0
    unreadable: int = 0

    @property
    def words(self) -> str:
        """The match for people."""
        if not self.present:
            return f"absent; did you mean '{self.meant}'?" if self.meant else "absent"
        if not self.filled:
            return "same name, but empty"
        readable = 1 - self.unreadable / self.filled
        return (
            "same name, cells as expected"
            if readable >= _SURE
            else f"same name, but only {readable:.0%} readable"
        )
