"""The outlook of an artefact as JSON: its models as others are, the rest as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from features.catalogue import Feature
from serving.artefact.models import TreeFiles, dump_model, restore_model
from serving.outlook import Amount, Outlook, Sooner, When
from serving.scorers import Linear


def dump_outlook(outlook: Outlook, files: TreeFiles) -> dict[str, Any]:
    """`outlook` as JSON-ready values; features by name only, boosters go to `files`."""
    when, amount = outlook.when, outlook.amount
    return {
        "when": when
        and {
            "longest": when.longest,
            "mean_days": when.mean_days,
            "splits": [
                {
                    "days": split.days,
                    "share": split.share,
                    "mean_days": split.mean_days,
                    "model": dump_model(split.model, files) if split.model else None,
                }
                for split in when.splits
            ],
        },
        "amount": amount
        and {
            "knots": list(amount.knots),
            "levels": list(amount.levels),
            "errors": list(amount.errors),
            "line": dump_model(amount.line, files) if amount.line else None,
        },
    }


def restore_outlook(
    body: Mapping[str, Any], features: Mapping[str, Feature], texts: Mapping[str, str], version: str = ""
) -> Outlook:
    """The inverse of `dump_outlook`.

    Raises:
        LeadscoreError: as `restore_model`.
    """

    def model(part: Mapping[str, Any] | None) -> Any:
        return restore_model(part, features, texts, version) if part else None

    when, amount = body["when"], body["amount"]
    line = model(amount["line"]) if amount else None
    assert line is None or isinstance(line, Linear)
    splits = [
        Sooner(float(one["days"]), float(one["share"]), float(one["mean_days"]), model(one["model"]))
        for one in (when["splits"] if when else ())
    ]
    return Outlook(
        When(tuple(splits), float(when["longest"]), float(when["mean_days"])) if when else None,
        Amount(tuple(amount["knots"]), tuple(amount["levels"]), tuple(amount["errors"]), line)
        if amount
        else None,
    )
