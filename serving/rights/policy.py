"""`privacy.toml`: who is responsible, for which purposes leads are scored, and how long what is kept."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from features.errors import LeadscoreError, nearest
from features.refused import wrong
from serving.ledger.person import AGES, PEOPLE

Text = Annotated[str, Field(min_length=1, max_length=1_000)]
Days = Annotated[float, Field(ge=1, le=100_000)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Controller(_Section):
    """`[controller]`: who decides why and how leads are scored, and where a person writes to."""

    name: Text
    contact: Text
    officer: str = ""
    """The data protection officer, where there is one."""
    authority: str = ""
    """Where a person may complain, such as CNIL."""


class Purpose(_Section):
    """`[[purpose]]`: what data are used for, on which legal basis, and for how many days a table is kept."""

    name: Text
    basis: Text
    keep: dict[str, Days] = Field(default_factory=dict)

    @field_validator("keep")
    @classmethod
    def _known(cls, keep: dict[str, float]) -> dict[str, float]:
        for table in keep:
            if table not in (known := [*AGES, PEOPLE]):
                raise ValueError(f"keep: rows of '{table}' have no age{nearest(table, known)}")
        return keep


class PrivacyPolicy(_Section):
    """A whole `privacy.toml`."""

    controller: Controller
    purpose: Annotated[list[Purpose], Field(min_length=1)]
    recipients: list[Text] = Field(default_factory=list)
    """Who else receives scores, such as the CRM."""
    transfers: str = ""
    """Transfers outside the European Economic Area, and their safeguards."""
    security: list[Text] = Field(default_factory=list)

    def keep_days(self) -> dict[str, float]:
        """Table → days: a row that serves two purposes is kept for the longer one."""
        found: dict[str, float] = {}
        for purpose in self.purpose:
            for table, days in purpose.keep.items():
                found[table] = max(days, found.get(table, 0.0))
        return found


def load_policy(path: Path) -> PrivacyPolicy:
    """The policy in the file `path`.

    Raises:
        LeadscoreError: it cannot be read, or says something that is not known.
    """
    try:
        return PrivacyPolicy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        words = wrong(dict(first))
        raise LeadscoreError(f"{path}: {place}: {words}.", "See docs/rights.md for an example.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LeadscoreError(f"{path}: is no TOML: {error}.", "See docs/rights.md for an example.") from None
