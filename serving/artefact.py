"""The artefact: a folder of text files that says and holds everything a served score needs.

    manifest.json   facts, recipe, features and their order, encoders, linear weights, maps, references
    model_0.txt …   LightGBM text, one file a booster (`no_events_0.txt` … for the variant without events)
    bayes.json      the rung for small histories, where training made one
    rules.toml      the scorecard below the model

No pickle: reading an artefact parses text, and runs nothing that it contains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features import Feature, LeadscoreError, Recipe, dump_features, load_features
from serving.bayes import Bayes
from serving.manifest import SCHEMA_VERSION, Manifest
from serving.model_file import TreeFiles, dump_served, restore_served
from serving.rules import Rules
from serving.rules_file import parse_rules
from serving.segment import Served

MANIFEST = "manifest.json"
BAYES = "bayes.json"
RULES = "rules.toml"
_DAMAGED = "Fetch the artefact again, or train anew with 'leadscore train'."


@dataclass(frozen=True)
class Artefact:
    """A loaded artefact. `version` names it: the registry's number where it came from there, else its id."""

    folder: Path
    version: str
    manifest: Manifest
    model: Served
    no_events: Served | None
    bayes: Bayes | None
    rules: Rules


def save_artefact(
    folder: Path,
    manifest: Manifest,
    model: Served,
    *,
    rules: str,
    no_events: Served | None = None,
    bayes: Bayes | None = None,
) -> str:
    """Write an artefact into `folder` (made if absent) and return its id; same input, same bytes.

    `rules` is the text of rules.toml. Files of an earlier artefact in `folder` are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stale in _parts(folder):
        stale.unlink()
    files = [TreeFiles("model"), TreeFiles("no_events")]
    union = {f.name: f for member in (model, no_events) if member for f in member.features}
    content = {
        "schema_version": SCHEMA_VERSION,
        "facts": manifest.model_dump(mode="json"),
        "features": dump_features(tuple(union.values())),
        "model": dump_served(model, files[0]),
        "no_events": dump_served(no_events, files[1]) if no_events else None,
    }
    texts = {MANIFEST: json.dumps(content, indent=1, allow_nan=False) + "\n", RULES: rules}
    if bayes is not None:
        texts[BAYES] = bayes.to_json()
    for name, text in (texts | files[0].texts | files[1].texts).items():
        (folder / name).write_bytes(text.encode())
    return artefact_id(folder)


def artefact_id(folder: Path) -> str:
    """Twelve hex digits that name the content of the artefact in `folder`."""
    digest = hashlib.sha256()
    for path in sorted(_parts(folder)):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _parts(folder: Path) -> list[Path]:
    """The files of an artefact that are in `folder`."""
    patterns = (MANIFEST, BAYES, RULES, "model_*.txt", "no_events_*.txt")
    return [path for pattern in patterns for path in folder.glob(pattern)]


def load_artefact(folder: Path | str, version: str | None = None) -> Artefact:
    """The artefact in `folder`, named `version` or by its id.

    Raises:
        LeadscoreError: no artefact is there, it is damaged, or a newer leadscore wrote it.
    """
    folder = Path(folder)
    content = _read_manifest(folder)
    try:
        manifest = Manifest.model_validate(content["facts"])
        features = {feature.name: feature for feature in load_features(content["features"])}
        version = version or artefact_id(folder)
        model = restore_served(content["model"], features, folder, version)
        no_events = _restore_variant(content["no_events"], features, folder, version)
        bayes = _read_bayes(folder / BAYES, version)
        text = (folder / RULES).read_text(encoding="utf-8")
    except (ValidationError, KeyError, ValueError, TypeError, OSError) as error:
        reason = f"{type(error).__name__} while reading it"
        raise LeadscoreError(f"{folder}: is damaged ({reason}).", _DAMAGED) from error
    rules = parse_rules(text, manifest.recipe, calibration=manifest.rules_map, version=version)
    return Artefact(folder, version, manifest, model, no_events, bayes, rules)


def load_scorecard(folder: Path | str, version: str | None = None) -> tuple[Recipe, Rules]:
    """Recipe and calibrated rules of an artefact whose model may be damaged.

    Raises:
        LeadscoreError: not even these can be read.
    """
    folder = Path(folder)
    content = _read_manifest(folder)
    try:
        manifest = Manifest.model_validate(content["facts"])
        text = (folder / RULES).read_text(encoding="utf-8")
    except (ValidationError, KeyError, OSError) as error:
        raise LeadscoreError(f"{folder}: is damaged ({type(error).__name__}).", _DAMAGED) from error
    version = version or artefact_id(folder)
    return manifest.recipe, parse_rules(
        text, manifest.recipe, calibration=manifest.rules_map, version=version
    )


def _restore_variant(
    body: Mapping[str, Any] | None, features: Mapping[str, Feature], folder: Path, version: str
) -> Served | None:
    return restore_served(body, features, folder, version) if body else None


def _read_bayes(path: Path, version: str) -> Bayes | None:
    return Bayes.from_json(path.read_text(encoding="utf-8"), version) if path.exists() else None


def _read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest's JSON, once its schema version is one that this code knows."""
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        found = int(content["schema_version"])
    except (FileNotFoundError, NotADirectoryError):
        raise LeadscoreError(
            f"{folder}: holds no {MANIFEST}, so it is not an artefact.",
            "Name a folder that 'leadscore train' wrote, or models:/NAME@champion.",
        ) from None
    except (ValueError, KeyError, TypeError):
        raise LeadscoreError(f"{folder / MANIFEST}: is not a manifest.", _DAMAGED) from None
    if found > SCHEMA_VERSION:
        raise LeadscoreError(
            f"{folder / MANIFEST}: has schema version {found}; this leadscore reads up to {SCHEMA_VERSION}.",
            "Upgrade leadscore, or train again with this version.",
        )
    return dict(content)
