"""A model as text: JSON for what we own, LightGBM's own text for trees. Nothing is executed on reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from features.catalogue import Feature
from features.errors import LeadscoreError
from features.recipe import Segments
from serving.calibration import MonotoneMap
from serving.scorers import (
    Bayes,
    Blend,
    Linear,
    LinearEncoder,
    Model,
    RateTable,
    Segmented,
    Served,
    TreeEncoder,
    Trees,
)

_REMEDY = "Train again with 'leadscore train', or fetch the artefact again: its files do not belong together."


@dataclass
class TreeFiles:
    """The boosters of an artefact under writing: file name → LightGBM text."""

    prefix: str
    texts: dict[str, str] = field(default_factory=dict)

    def keep(self, text: str) -> str:
        """Take a booster's text; returns the file name that it will have."""
        name = f"{self.prefix}_{len(self.texts)}.txt"
        self.texts[name] = text
        return name


def dump_model(model: Model, files: TreeFiles) -> dict[str, Any]:
    """`model` as JSON-ready values; features by name only, boosters go to `files`."""
    body: dict[str, Any] = {"calibration": model.calibration.model_dump(mode="json")}
    match model:
        case Linear():
            body |= {"kind": "linear", "encoder": model.encoder.model_dump(mode="json")}
            body |= {"weights": list(model.weights), "intercept": model.intercept}
            body |= {"centre": list(model.centre)}
        case Trees():
            body |= {"kind": "trees", "encoder": model.encoder.model_dump(mode="json")}
            body |= {"boosters": [files.keep(booster.model_to_string()) for booster in model.boosters]}
            body |= {"offset": dump_model(model.offset, files) if model.offset else None}
            body |= {"line": dump_model(model.line, files) if model.line else None}
        case Blend():
            body |= {"kind": "blend", "members": [dump_model(member, files) for member in model.members]}
            body |= {"weights": list(model.weights), "shift": model.shift}
        case Bayes():
            tables = [table.model_dump(mode="json", exclude_none=True) for table in model.tables]
            body |= {"kind": "bayes", "bias": model.bias, "tables": tables}
    return body


def restore_model(
    body: Mapping[str, Any], features: Mapping[str, Feature], texts: Mapping[str, str], version: str = ""
) -> Model:
    """The inverse of `dump_model`; `features` by name, `texts` are the boosters by file name.

    Raises:
        LeadscoreError: a part is of an unknown kind, names an unknown feature, or lacks its file.
    """
    calibration = MonotoneMap.model_validate(body["calibration"])
    match body["kind"]:
        case "linear":
            return _restore_linear(body, features, calibration, version)
        case "trees":
            encoder = TreeEncoder.model_validate(body["encoder"])
            offset, line = (_linear_part(body.get(part), features, version) for part in ("offset", "line"))
            read = [name for part in (offset, line) if part for name in part.encoder.features]
            boosters = tuple(_read_booster(texts, name) for name in body["boosters"])
            named = pick(features, [*encoder.features, *read])
            return Trees(named, encoder, boosters, offset, calibration, version, line=line)
        case "blend":
            members = tuple(restore_model(member, features, texts, version) for member in body["members"])
            weights, shift = tuple(body.get("weights", ())), float(body.get("shift", 0.0))
            return Blend(members, calibration, version, weights=weights, shift=shift)
        case "bayes":
            tables = tuple(RateTable.model_validate(table) for table in body["tables"])
            named = pick(features, [table.feature for table in tables])
            return Bayes(named, tables, float(body["bias"]), calibration, version)
        case kind:
            raise LeadscoreError(f"manifest.json: model kind '{kind}' is not known.", _REMEDY)


def dump_served(model: Served, files: TreeFiles) -> dict[str, Any]:
    """As `dump_model`, for a model that may route by segment."""
    if not isinstance(model, Segmented):
        return dump_model(model, files)
    return {
        "kind": "segmented",
        "plan": model.plan.model_dump(mode="json"),
        "parent": dump_model(model.parent, files),
        "members": {name: dump_model(member, files) for name, member in model.members},
    }


def restore_served(
    body: Mapping[str, Any], features: Mapping[str, Feature], texts: Mapping[str, str], version: str = ""
) -> Served:
    """The inverse of `dump_served`.

    Raises:
        LeadscoreError: as `restore_model`.
    """
    if body["kind"] != "segmented":
        return restore_model(body, features, texts, version)
    plan = Segments.model_validate(body["plan"])
    parent = restore_model(body["parent"], features, texts, version)
    members = {name: restore_model(part, features, texts, version) for name, part in body["members"].items()}
    return Segmented(plan, parent, tuple(members.items()), version=version)


def pick(features: Mapping[str, Feature], names: list[str]) -> tuple[Feature, ...]:
    """The features called `names`, each once.

    Raises:
        LeadscoreError: a name is not among `features`.
    """
    unknown = [name for name in names if name not in features]
    if unknown:
        raise LeadscoreError(
            f"manifest.json: the model reads features it does not define: {unknown}.", _REMEDY
        )
    return tuple(features[name] for name in dict.fromkeys(names))


def _linear_part(
    body: Mapping[str, Any] | None, features: Mapping[str, Feature], version: str
) -> Linear | None:
    """The linear model inside another one."""
    if body is None:
        return None
    return _restore_linear(body, features, MonotoneMap.model_validate(body["calibration"]), version)


def _restore_linear(
    body: Mapping[str, Any], features: Mapping[str, Feature], calibration: MonotoneMap, version: str
) -> Linear:
    encoder = LinearEncoder.model_validate(body["encoder"])
    return Linear(
        pick(features, list(encoder.features)),
        encoder,
        tuple(body["weights"]),
        body["intercept"],
        tuple(body["centre"]),
        calibration,
        version,
    )


def _read_booster(texts: Mapping[str, str], name: str) -> Any:
    """A booster of a text that was verified: LightGBM's parser may end the process on any other."""
    import lightgbm

    if name not in texts:
        raise LeadscoreError(f"manifest.json: the artefact lacks the file {name}.", _REMEDY)
    try:
        return lightgbm.Booster(model_str=texts[name])
    except lightgbm.basic.LightGBMError:
        raise LeadscoreError(f"{name}: is not a LightGBM model.", _REMEDY) from None
