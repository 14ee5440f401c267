"""The recipe: one typed TOML file that says everything that determines a model.

Each class is one section. Nothing here reads a file (see `recipe_file`), and nothing here knows a company.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from features.cells.written import DateFormat, ValueFormat
from features.recipe.section import Section
from features.recipe.training import Bands as Bands
from features.recipe.training import Gate as Gate
from features.recipe.training import Segments as Segments
from features.recipe.training import Split as Split
from features.recipe.training import Training as Training

MOST_DAYS = 36_500
"""A span of a century; longer ones leave the years that dates can have."""

FieldType = Literal["number", "category", "text", "boolean", "date", "email", "phone"]
Known = Literal["creation", "current"]
EventMeaning = Literal["interest", "intent", "negative", "contact", "neutral"]
FieldMeaning = Literal[
    "size", "revenue", "industry", "country", "region", "founded", "company", "domain",
    "title", "origin", "campaign", "cost", "market",
]  # fmt: skip


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("is not an IANA time zone such as 'UTC' or 'Europe/Paris'") from error
    return name


Zone = Annotated[str, AfterValidator(_known_zone)]


class About(Section):
    """`[recipe]`: the model's name, the wall clock, the question that it answers."""

    name: str = Field(default="leads", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    zone: Zone = "UTC"
    horizon_days: float = Field(default=90, gt=0, le=MOST_DAYS)
    market: Literal["b2b", "b2c", "both"] = "both"


class Source(Section):
    """A table: a `file` in the data folder, or a DuckDB `sql` over such files; `sha256` by file name."""

    file: str | None = None
    sql: str | None = None
    sha256: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.file is None) == (self.sql is None):
            raise ValueError("needs either 'file' or 'sql'")
        return self


class TableSources(Section):
    """`[tables]`: where the company's tables are; only leads are required."""

    leads: Source
    events: Source | None = None
    outcomes: Source | None = None
    field_history: Source | None = None


class LeadField(Section):
    """`[lead.fields.NAME]`: a column of the leads, what it holds and when it was known.

    `format` is how its numbers or dates are written (see `raw_formats`; needed only for texts that can be
    read in two ways). `missing` lists texts that mean "no value" beside the empty cell. `direction` is the
    sign that a model's margin may follow, for numbers whose effect is known (+1, −1). A field with
    `use = false` is as if it were not written; it keeps its place, so that one word puts it back.

    `means = "founded"` makes a year the company's age at as_of. Of the fields that mean origin or campaign,
    one known at creation is the first touch and a current one, with its history, the last touch.
    """

    type: FieldType
    known: Known = "creation"
    means: FieldMeaning | None = None
    column: str | None = None
    format: ValueFormat | None = None
    missing: tuple[str, ...] = ()
    direction: Literal[-1, 0, 1] = 0
    use: bool = True


def _in_use(fields: dict[str, LeadField]) -> dict[str, LeadField]:
    return {name: field for name, field in fields.items() if field.use}


class Leads(Section):
    """`[lead]`: the columns that are not signals, and the fields that are.

    Without `id` the row number names a lead; without `created_at` the order stands for time: the row
    order, or the column that `order` names. `created_format` is how the creation dates are written.
    """

    id: str | None = None
    created_at: str | None = None
    created_format: DateFormat | None = None
    order: str | None = None
    account_id: str | None = None
    cost: str | None = None
    opted_out: str | None = None
    fields: Annotated[dict[str, LeadField], AfterValidator(_in_use)] = Field(default_factory=dict)


class Events(Section):
    """`[events]`: the columns of the event log, and what each kind of event means.

    `occurred_format` is how its dates are written.
    """

    lead_id: str = "lead_id"
    occurred_at: str = "occurred_at"
    occurred_format: DateFormat | None = None
    kind: str = "kind"
    event_id: str | None = None
    ingested_at: str | None = None
    value: str | None = None
    kinds: dict[str, EventMeaning] = Field(min_length=1, max_length=1000)


class Outcomes(Section):
    """`[outcomes]`: how a lead ends: a table of stages, or with `column` a column of the leads.

    With `column`, `occurred_at` names the leads' column that dates the outcome; `at_once = true` says that
    it is known at the moment of prediction (a call's result). `won = ["*"]` is any filled stage that is not
    lost, for a table of deals or a column that only dates wins.
    """

    column: str | None = None
    lead_id: str = "lead_id"
    stage: str = "stage"
    occurred_at: str | None = "occurred_at"
    occurred_format: DateFormat | None = None
    amount: str | None = None
    won: tuple[str, ...] = Field(default=("won",), min_length=1)
    lost: tuple[str, ...] = ("lost",)
    at_once: bool = False
    stages: dict[str, Literal["mql", "sal", "sql", "opportunity", "customer", "disqualified"]] = Field(
        default_factory=dict
    )

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        if both := set(self.won) & set(self.lost):
            raise ValueError(f"calls {sorted(both)} both won and lost")
        if self.at_once and self.column is None:
            raise ValueError("'at_once' needs 'column', the leads' column that holds the outcome")
        return self


class FieldHistory(Section):
    """`[field_history]`: the columns of the table of changes of current-valued fields."""

    lead_id: str = "lead_id"
    field: str = "field"
    value: str = "value"
    changed_at: str = "changed_at"


class SnapshotPlan(Section):
    """`[snapshots]`: the ages in days at which each open lead is looked at."""

    at_days: tuple[Annotated[float, Field(ge=0, le=MOST_DAYS)], ...] = Field(
        default=(0, 1, 3, 7, 14, 30, 60, 120, 240), min_length=1
    )


class Windows(Section):
    """`[windows]`: the look-back windows and half-lives, in days, of the default behavioural features."""

    days: tuple[Annotated[float, Field(gt=0, le=MOST_DAYS)], ...] = ()
    half_life_days: tuple[Annotated[float, Field(gt=0)], ...] = (14,)


class FeaturePlan(Section):
    """`[features]`: what to leave out of the default set (names, `*` allowed) and what to add to it.

    `season` adds the month of as_of on a circle; it is off because a year or two of history make a calendar
    of it. `accounts` adds what the account's other leads did and became, which only tables can tell: a model
    made with it can be judged and looked at, not served.
    """

    off: tuple[str, ...] = ()
    add: tuple[dict[str, Any], ...] = ()
    season: bool = False
    accounts: bool = False


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

    @property
    def hash(self) -> str:
        """Hex SHA-256 of the content; two files that mean the same have the same hash."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def name(self) -> str:
        """The registered model's name."""
        return self.recipe.name

    @property
    def dated(self) -> bool:
        """Whether leads have a creation time; without one, order stands for time."""
        return self.lead.created_at is not None
