"""The recipe: one typed TOML file that says everything that determines a model.

Each class is one section. Nothing here reads a file (see `recipe_file`), and nothing here knows a company.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from features.raw_formats import DateFormat, ValueFormat

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


class Section(BaseModel):
    """A part of the recipe: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class About(Section):
    """`[recipe]`: the model's name, the wall clock, the question that it answers."""

    name: str = Field(default="leads", pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    zone: Zone = "UTC"
    horizon_days: float = Field(default=90, gt=0)
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

    at_days: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        default=(0, 1, 3, 7, 14, 30, 60, 120, 240), min_length=1
    )


class Windows(Section):
    """`[windows]`: the look-back windows and half-lives, in days, of the default behavioural features."""

    days: tuple[Annotated[float, Field(gt=0)], ...] = ()
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


class Split(Section):
    """`[split]`: from when on the newest rows are the test.

    `train_from` drops leads created before it (an outcome that was not recorded yet). `test_from` is a
    moment; without it the newest `test_share` of the matured rows, by as_of, are the test.
    """

    train_from: str | None = None
    test_from: str | None = None
    test_until: str | None = None
    test_share: float = Field(default=0.25, gt=0, lt=1)
    history_end: str | None = None


class Training(Section):
    """`[train]`: what the booster may do; the defaults suit some thousand to some million rows.

    Small trees on few features each keep correlated counts from speaking for one another, and keep reasons
    cheap: their cost grows with `bag` × rounds × leaves × depth². `max_depth` −1 is no limit but the leaves.
    `path_smooth` draws a leaf towards its parent by as many rows. At least four features are offered to each
    tree, however small `feature_fraction` is.
    """

    seed: int = 7
    bag: int = Field(default=4, ge=1, le=64)
    rounds: int = Field(default=1500, ge=1)
    early_stopping: int = Field(default=50, ge=1)
    learning_rate: float = Field(default=0.05, gt=0, le=1)
    num_leaves: int = Field(default=7, ge=2)
    max_depth: int = Field(default=-1, ge=-1)
    min_child_samples: int = Field(default=60, ge=1)
    feature_fraction: float = Field(default=0.2, gt=0, le=1)
    bagging_fraction: float = Field(default=0.8, gt=0, le=1)
    lambda_l2: float = Field(default=1.0, ge=0)
    lambda_l1: float = Field(default=0.0, ge=0)
    path_smooth: float = Field(default=20.0, ge=0)
    extra_trees: bool = False
    cat_smooth: float = Field(default=20.0, ge=0)
    rare_level: int = Field(default=20, ge=1)
    folds: int = Field(default=5, ge=1)
    threads: int = Field(default=1, ge=1)


class Gate(Section):
    """`[gate]`: the evidence that a promotion needs."""

    min_positives: int = Field(default=100, ge=1)
    draws: int = Field(default=1000, ge=100)
    capacity_per_week: int = Field(default=50, ge=1)
    slope: tuple[float, float] = (0.8, 1.25)
    observed_expected: tuple[float, float] = (0.9, 1.1)


class Bands(Section):
    """`[bands]`: the shares of today's open leads, best first, that are called hot and warm."""

    hot_share: float = Field(default=0.1, gt=0, lt=1)
    warm_share: float = Field(default=0.3, gt=0, lt=1)


class Segments(Section):
    """`[segments]`: parts of the leads that may have a model of their own, by the levels of one field.

    `groups` names each segment and its levels, such as `b2b = ["company", "reseller"]`. A level belongs to
    one segment at most; leads of another level, or of none, are those of the model of all.
    """

    field: str
    groups: dict[str, Annotated[tuple[str, ...], Field(min_length=1)]] = Field(min_length=1)

    @model_validator(mode="after")
    def _apart(self) -> Self:
        levels = [level for group in self.groups.values() for level in group]
        if twice := sorted({level for level in levels if levels.count(level) > 1}):
            raise ValueError(f"puts {twice} into more than one segment")
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
