"""The recipe: one typed TOML file that says everything that determines a model.

Each class is one section. Nothing here reads a file (see `file`), and nothing here knows a company.
"""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from features.errors import LeadscoreError, nearest
from features.language import Language
from features.recipe.crm import Events, FieldHistory, Leads, TableSources
from features.recipe.milestones import Milestone, milestones_of, outcomes_of
from features.recipe.outcomes import Outcomes
from features.recipe.plan import MOST_DAYS, FeaturePlan, SnapshotPlan, Windows
from features.recipe.section import Section, said
from features.recipe.stages import Qualification, Stages
from features.recipe.training import Bands as Bands
from features.recipe.training import Exploration as Exploration
from features.recipe.training import Gate as Gate
from features.recipe.training import ProtectedColumns as ProtectedColumns
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
    `country` (ISO 3166, such as `FR`) says which holidays and which law the plan of the day minds.
    `horizons` asks for a curve: the probability within each of these days, and the expected time. The
    longest is the question itself, `horizon_days`. `value` asks what a lead is worth, too (see `[outcomes]
    amount`).
    """

    name: str = Field(default="leads", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    zone: Zone = "UTC"
    horizon_days: float = Field(default=90, gt=0, le=MOST_DAYS)
    horizons: tuple[Annotated[float, Field(gt=0, le=MOST_DAYS)], ...] = Field(default=(), max_length=12)
    value: bool = False
    market: Literal["b2b", "b2c", "both"] = "both"
    language: Language = "en"
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")

    @model_validator(mode="before")
    @classmethod
    def _longest_is_the_question(cls, value: Any) -> Any:
        if not isinstance(value, dict) or not (listed := value.get("horizons")):
            return value
        if "horizon_days" in value or not all(isinstance(days, int | float) for days in listed):
            return value
        return value | {"horizon_days": max(listed)}

    @model_validator(mode="after")
    def _of_one_question(self) -> Self:
        if len(set(self.horizons)) < len(self.horizons) or list(self.horizons) != sorted(self.horizons):
            raise ValueError("'horizons' must rise, each once, such as [7, 30, 90]")
        if self.horizons and self.horizons[-1] != self.horizon_days:
            raise ValueError(
                f"horizon_days is {self.horizon_days:g} and the longest of 'horizons' {self.horizons[-1]:g}; "
                "leave horizon_days out, the longest stands for it"
            )
        return self


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
    stages: Stages = Field(default_factory=Stages)
    qualification: Qualification | None = None
    exploration: Exploration | None = None
    milestone: tuple[Milestone, ...] = ()
    protected: ProtectedColumns | None = None
    rules: str | None = None
    agreement: str | None = None

    @model_validator(mode="after")
    def _routed_by_a_category(self) -> Self:
        if self.segments is None:
            return self
        field = self.lead.fields.get(self.segments.field)
        if field is None or field.type != "category":
            raise ValueError(f"[segments] field '{self.segments.field}' is no declared category field")
        return self

    @model_validator(mode="after")
    def _foreseen_from_dates_and_amounts(self) -> Self:
        if len(self.recipe.horizons) > 1 and (self.outcomes.at_once or not self.dated):
            raise ValueError("[recipe] horizons need the moments of leads and wins: created_at, occurred_at")
        if self.recipe.value and (self.outcomes.amount is None or self.tables.outcomes is None):
            raise ValueError(
                "[recipe] value needs a table of outcomes with the column of amounts: [outcomes] amount"
            )
        return self

    @model_validator(mode="after")
    def _changes_of_known_fields(self) -> Self:
        for name, field in self.field_history.names.items():
            if field not in self.lead.fields:
                known = nearest(field, self.lead.fields)
                raise ValueError(f"[field_history] names: '{field}' of '{name}' is no declared field{known}")
        return self

    @model_validator(mode="after")
    def _by_declared_kinds(self) -> Self:
        named = {f"[bands] {key}": getattr(self.bands, key) or () for key in ("asked", "lone")}
        named |= {f"[stages.{stage}] events": entry.events for stage, entry in self.stages.entries()}
        declared = self.events.kinds if self.events else {}
        for place, kinds in named.items():
            for kind in kinds:
                if kind not in declared:
                    said = nearest(kind, declared, "it declares") or "; it declares no events at all"
                    raise ValueError(f"{place}: the recipe declares no event kind '{kind}'{said}")
        return self

    @model_validator(mode="after")
    def _qualified_by_fields(self) -> Self:
        for stage, entry in self.stages.entries():
            if entry.of_checklist and self.qualification is None:
                raise ValueError(f"[stages.{stage}] reads a checklist, and there is no [qualification]")
            items = len(self.qualification.fields) if self.qualification else 0
            if (entry.answered or 0) > items:
                raise ValueError(f"[stages.{stage}] needs {entry.answered} answers of {items} items")
        for item, name in self.qualification.fields.items() if self.qualification else ():
            field = self.lead.fields.get(name)
            if field is None:
                said = nearest(name, self.lead.fields, "it declares")
                raise ValueError(f"[qualification.fields] {item}: no field '{name}' is declared{said}")
            if field.type in ("email", "phone"):
                raise ValueError(
                    f"[qualification.fields] {item}: field '{name}' is of type {field.type}; an answer is a "
                    "boolean, number, category, text or date"
                )
        return self

    def told_in(self, language: Language | None) -> Self:
        """The same with another language of reasons; None leaves it as it is."""
        if language is None:
            return self
        return self.model_copy(update={"recipe": self.recipe.model_copy(update={"language": language})})

    @model_validator(mode="after")
    def _protected_from_the_model(self) -> Self:
        read = {field.column or name: name for name, field in self.lead.fields.items()}
        for column in self.protected.columns if self.protected else ():
            if column in read:
                raise ValueError(
                    f"[protected] column '{column}' is the field '{read[column]}', which the model reads; "
                    "leave it out of [lead.fields], or give it use = false"
                )
        return self

    @model_validator(mode="after")
    def _steps_to_a_win(self) -> Self:
        milestones_of(self.milestone, self.outcomes)
        if self.milestone and self.tables.outcomes is None:
            raise ValueError("[[milestone]] needs a table of outcomes: [tables] outcomes")
        return self

    def of_milestone(self, name: str) -> Self:
        """The recipe of the model of a milestone: the same question about another step.

        Raises:
            LeadscoreError: there is no milestone of that name.
        """
        names = [one.name for one in self.milestone]
        if name not in names:
            known = nearest(name, names) or "; it declares none"
            raise LeadscoreError(f"recipe: no milestone '{name}'{known}.", "Name one of its [[milestone]].")
        outcomes = outcomes_of(self.milestone, names.index(name), self.outcomes)
        about = {"name": f"{self.name}-{name}", "horizons": (), "value": False}
        recipe = self.recipe.model_copy(update=about)
        return self.model_copy(
            update={"recipe": recipe, "outcomes": outcomes, "milestone": (), "exploration": None}
        )

    @property
    def hash(self) -> str:
        """Hex SHA-256 of what a recipe says beyond the defaults; two files that mean the same have the same.

        So a key that a later version adds changes the hash of no recipe that does not use it. Language,
        exploration, milestones and protected columns are left out: how answers are told, who is worked, which
        models answer beside it and by what it is judged are no other model.
        """
        about = self.recipe.model_copy(update={"language": About.model_fields["language"].default})
        same = self.model_copy(
            update={"recipe": about, "exploration": None, "milestone": (), "protected": None}
        )
        return hashlib.sha256(json.dumps(said(same), default=str).encode()).hexdigest()

    @property
    def name(self) -> str:
        """The registered model's name."""
        return self.recipe.name

    @model_validator(mode="after")
    def _drawn_without_dates(self) -> Self:
        if self.split.by == "lot":
            moments = ("train_from", "test_from", "test_until", "history_end")
            split = {f"[split] {key}": getattr(self.split, key) for key in moments}
            named = {f"[lead] {key}": getattr(self.lead, key) for key in ("created_at", "order")}
            for place, value in (named | split).items():
                if value is not None:
                    raise ValueError(f"[split] by = 'lot' is for leads that nothing orders; take out {place}")
        return self

    @property
    def timed(self) -> bool:
        """Whether the leads lie in time, by a date or in their order; else tests are drawn by lot."""
        return self.split.by == "time"

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
