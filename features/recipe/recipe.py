"""The recipe: one typed TOML file that says everything that determines a model.

Each class is one section. Nothing here reads a file (see `file`), and nothing here knows a company.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from features.language import Language
from features.recipe.crm import Events, FieldHistory, Leads, TableSources
from features.recipe.outcomes import Outcomes
from features.recipe.plan import MOST_DAYS, FeaturePlan, SnapshotPlan, Windows
from features.recipe.section import Section
from features.recipe.training import Bands as Bands
from features.recipe.training import Gate as Gate
from features.recipe.training import Segments as Segments
from features.recipe.training import Split as Split
from features.recipe.training import Training as Training


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not an IANA time zone such as 'UTC' or 'Europe/Paris'") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


class About(Section):
    """`[recipe]`: the model's name, the wall clock, the question that it answers.

    `language` is that of reasons and next actions where nobody asks for another.
    """

    name: str = Field(default="leads", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    zone: Zone = "UTC"
    horizon_days: float = Field(default=90, gt=0, le=MOST_DAYS)
    market: Literal["b2b", "b2c", "both"] = "both"
    language: Language = "en"


class Recipe(Section):
    """A company's CRM and the model to make from it. `hash` names its content."""

    recipe: About = Field(default_factory=About)
    tables: TableSources
    lead: Leads = Field(default_factory=Leads)
    events: Events | None = None
    outcomes: Outcomes = Field(default_factory=Outcomes)
    field_history: FieldHistory = Field(default_factory=FieldHistory)
    snapshots: SnapshotPlan = Field(default_factory=SnapshotPlan)
    windows: Windows = Field(default_factory=Windows)
    features: FeaturePlan = Field(default_factory=FeaturePlan)
    split: Split = Field(default_factory=Split)
    train: Training = Field(default_factory=Training)
    gate: Gate = Field(default_factory=Gate)
    bands: Bands = Field(default_factory=Bands)
    segments: Segments | None = None
    rules: str | None = None

    @model_validator(mode="after")
    def _routed_by_a_category(self) -> Self:
        if self.segments is None:
            return self
        field = self.lead.fields.get(self.segments.field)
        if field is None or field.type != "category":
            raise ValueError(f"[segments] field '{self.segments.field}' is no declared category field")
        return self

    def told_in(self, language: Language | None) -> Self:
        """The same with another language of reasons; None leaves it as it is."""
        if language is None:
            return self
        return self.model_copy(update={"recipe": self.recipe.model_copy(update={"language": language})})

    @property
    def hash(self) -> str:
        """Hex SHA-256 of the content; two files that mean the same have the same hash.

        The language is left out: it is how answers are told, and no other model.
        """
        told = {"recipe": {"language"}}
        return hashlib.sha256(self.model_dump_json(exclude=told).encode()).hexdigest()

    @property
    def name(self) -> str:
        """The registered model's name."""
        return self.recipe.name

    @property
    def dated(self) -> bool:
        """Whether leads have a creation time; without one, order stands for time."""
        return self.lead.created_at is not None


def usable(recipe: Recipe, field: str) -> bool:
    """Whether a field may be looked at: known at creation, or with a history, or in a flat export.

    A flat export has neither events nor several snapshot days; its one look is taken when the row was
    written, as far as anyone can tell.
    """
    if recipe.lead.fields[field].known == "creation" or recipe.tables.field_history is not None:
        return True
    return recipe.events is None and len(recipe.snapshots.at_days) == 1
