"""What verbs print with --json that find out, train, compare and plan, as types."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_type_hints

from leadscore.schema_types import COUNTS, TEXTS, Made, closed, extended, hint, many, returned

_Pair = list[float]
"""Both ends of an interval."""


def accounts() -> Any:
    """Open leads by account."""
    from serving.accounts import AccountRow, Dependence

    return closed("Accounts", rows=list[AccountRow], dependence=Dependence, horizon_days=float, without=int,
                  notes=TEXTS)  # fmt: skip


def decision() -> Any:
    """What a promotion or a rollback decided."""
    import training

    return returned(training.promote)


def status() -> Any:
    """Who answers, beside a challenger in shadow and a service that runs."""
    import training
    from serving.aside import shadow_pairs
    from serving.edge import running_service

    running = next(one for one in get_args(returned(running_service)) if is_dataclass(one))
    beside: dict[str, Any] = {"shadow": (returned(shadow_pairs), []), "running": (running, None)}
    return extended("StandingTold", returned(training.status), **beside)


def explained() -> Any:
    """What a person is told of their score."""
    from serving.score import Score

    return closed("ToldToPerson", lead_id=str, language=str, text=str, score=Score)


def funnel() -> Any:
    """Stages and costs by origin, and what moved."""
    from serving.funnel import Funnel, move

    return extended("FunnelMoved", Funnel, moves=(many(returned(move)), ...))


def trained() -> Any:
    """The summary of a run."""
    import training

    return hint(training.TrainingRun, "summary")


def retrained() -> Any:
    """What a retraining did, and why."""
    from training import run

    return returned(run.retrain)


def watched() -> Any:
    """What the watch found."""
    from training.watch import watch

    return returned(watch)


def effect() -> Any:
    """What scoring brings, measured on leads drawn by lot."""
    gap = closed("Gap", against=str, value=float, gap=float, interval=_Pair, weeks=float | None)
    said = closed("ScoringBrings", leads=int, drawn=int, unworked=int, called=float, value=float,
                  interval=_Pair, gaps=many(gap))  # fmt: skip
    return closed("EffectTold", weeks=float, notes=TEXTS, effect=said | None)


def discovered() -> Any:
    """A recipe made of exports, or with --explain the columns as they were measured."""
    from features.discovery import EXPLAINED_COLUMNS, Discovery
    from features.leaks import Suspect

    rival = closed("Rival", column=str, won=TEXTS, why=str)
    choice = closed(
        "OutcomeTaken", column=str, won=TEXTS, certainty=str, why=str, rivals=many(rival), option=str
    )
    whole = closed("Discovered", recipe=str, findings=hint(Discovery, "findings"), suspects=list[Suspect],
                   marked=list[Suspect], when=dict[str, str], remarks=TEXTS, choice=choice | None,
                   out=str, guesses=hint(Discovery, "guesses"),
                   quality=hint(Discovery, "quality"))  # fmt: skip
    row = closed("Measured", **dict.fromkeys(EXPLAINED_COLUMNS, str))
    return whole | many(row)


def inspected() -> Any:
    """Each column of a recipe, looked at before anything is trained."""
    from features.leaks import Suspect
    from training.inspection import HEAD, RUN_HEAD

    column, run = (
        closed("ColumnLooked", **dict.fromkeys(HEAD, str)),
        closed("Run", **dict.fromkeys(RUN_HEAD, str)),
    )
    return closed("Inspected", name=str, leads=int, training_leads=int, training_rows=int,
                  base_rate=float | None, suspects=list[Suspect], columns=many(column), runs=many(run),
                  roles=dict[str, str], rows=list[tuple[str, int]], notes=TEXTS,
                  quality=list[list[Any]])  # fmt: skip


def compared() -> Any:
    """Two models on the same leads."""
    from serving.score import Maturity
    from training.comparison import Comparison

    number = float | None
    figure = closed("Figure", figure=str, a=number, b=number, difference=number)
    band = closed("BandsOfTwo", a=Maturity, b=Maturity, leads=int)
    shift = dict.fromkeys(get_type_hints(hint(Comparison, "shift")), number)
    return closed("Compared", a=str, b=str, leads=int, changed=int, bands=many(band),
                  shift=closed("ShiftTold", **shift), figures=many(figure),
                  leads_changed=hint(Comparison, "changed"), warnings=TEXTS)  # fmt: skip


def scored() -> Any:
    """What became of the rows of an export."""
    from serving.returned import BatchSummary

    return closed(
        "ExportScored", rows=int, as_of=str, out=str | None, written=int | None, statuses=COUNTS,
        rungs=COUNTS, maturities=COUNTS, errors=int, faults=COUNTS, same_person=COUNTS, outside=COUNTS,
        drift=hint(BatchSummary, "drift"), columns=hint(BatchSummary, "columns"), warnings=TEXTS,
        quality=hint(BatchSummary, "quality"), hottest=hint(BatchSummary, "hottest"),
    )  # fmt: skip


def skew() -> Any:
    """Where serving reads a feature otherwise than training."""
    from serving.skew import check

    return closed("SkewTold", features=returned(check.check_skew))


def features_made() -> Any:
    """The features of a recipe."""
    row = dict.fromkeys(("name", "group", "type", "missing", "definition"), str)
    return many(closed("FeatureMade", window=Any, **row))


def planned() -> Any:
    """The list of a day, or what was promised of it."""
    from serving.planning import Plan, agreement_checks

    lead = get_args(hint(Plan, "leads"))[0]
    step = hint(lead, "step")
    keys = {one.name: get_type_hints(step)[one.name] for one in fields(step)} | {"due": str | None}
    row = closed("LeadPlanned", lead_id=str, owner=str | None, today=bool, question=str | None, note=str,
                 score=hint(lead, "score"), **keys)  # fmt: skip
    day = closed("Planned", now=str, counts=COUNTS, notes=TEXTS, leads=many(row))
    return day | closed("Promises", promises=returned(agreement_checks))


def rules_checked() -> Any:
    """What is wrong in a scorecard."""
    from serving.review import Fault

    return closed("RulesChecked", file=str, faults=list[Fault])


def rules_tried() -> Any:
    """What the examples of a scorecard come to."""
    from serving.review import TriedExample

    keys = {one.name: get_type_hints(TriedExample)[one.name] for one in fields(TriedExample)}
    row = closed("ExampleTried", **keys | {"differs": list[tuple[str, Any, Any]]}, passed=bool)
    return closed("RulesTried", file=str, examples=many(row))


def rules_compared() -> Any:
    """Two scorecards on the same leads."""
    from training.comparison import ScorecardDifference

    band = closed("BandMoved", before=str, after=str, leads=int)
    return closed("RulesCompared", leads=int, new_bands=int, bands=many(band),
                  moved=hint(ScorecardDifference, "moved"))  # fmt: skip


def rules_backtested() -> Any:
    """What a quarter had been, by each order of calls."""
    row = closed(
        "OrderOfCalls", order=str, calls=int, won=int, share=float, interval=_Pair, minus_newest=_Pair | None
    )
    return closed("Backtested", start=str, weeks=int, orders=many(row), notes=TEXTS)


def simulated() -> Any:
    """The tables of a simulated company, or the files of a simulated CRM."""
    import data

    return returned(data.simulate) | closed("CrmSimulated", files=TEXTS)


WORK: dict[str, Made] = {
    "accounts": accounts,
    "check-skew": skew,
    "compare": compared,
    "effect": effect,
    "explain-person": explained,
    "features": features_made,
    "funnel": funnel,
    "init": discovered,
    "inspect": inspected,
    "open-leads": lambda: closed("OpenLeads", leads=int, events=int | None, as_of=str),
    "plan": planned,
    "promote": decision,
    "retrain": retrained,
    "rollback": decision,
    "rules backtest": rules_backtested,
    "rules check": rules_checked,
    "rules diff": rules_compared,
    "rules test": rules_tried,
    "score": scored,
    "simulate": simulated,
    "snapshots": lambda: closed("SnapshotsWritten", out=str, rows=COUNTS),
    "status": status,
    "train": trained,
    "watch": watched,
}
