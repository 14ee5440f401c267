"""The artefact: a folder of text files that says and holds everything a served score needs.

    manifest.json   facts, recipe, features and their order, encoders, linear weights, maps, references
    model_0.txt …   LightGBM text, one file a booster (`no_events_0.txt` … for the variant without events,
                    `when_0.txt` … for when leads convert)
    bayes.json      the rung for small histories, where training made one
    rules.toml      the scorecard below the model
    checksums.json  the SHA-256 of every file above, verified before any of them is parsed

What does not verify is not loaded: `load_artefact` refuses the whole, `load_lower` hands out the rungs below
the model whose own files are as they were written. No pickle: reading an artefact parses text, and runs
nothing that it contains.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.catalogue import Feature, dump_features, load_features
from features.errors import LeadscoreError
from serving.artefact.checksums import (
    CHECKSUMS,
    DAMAGED,
    DamagedError,
    Parts,
    checksums_text,
    digest_of,
    read_parts,
)
from serving.artefact.manifest import SCHEMA_VERSION, Manifest
from serving.artefact.models import TreeFiles, dump_served, restore_served
from serving.artefact.outlooks import dump_outlook, restore_outlook
from serving.outlook import Outlook
from serving.rules import Rules, default_rules, parse_rules
from serving.scorers import Bayes, Served

MANIFEST = "manifest.json"
BAYES = "bayes.json"
RULES = "rules.toml"
_ID_DIGITS = 12


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
    outlook: Outlook | None = None


def save_artefact(
    folder: Path,
    manifest: Manifest,
    model: Served,
    *,
    rules: str,
    no_events: Served | None = None,
    bayes: Bayes | None = None,
    outlook: Outlook | None = None,
) -> str:
    """Write an artefact into `folder` (made if absent) and return its id; same input, same bytes.

    `rules` is the text of rules.toml. Files of an earlier artefact in `folder` are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for stale in _parts(folder):
        stale.unlink()
    files = [TreeFiles("model"), TreeFiles("no_events"), TreeFiles("when")]
    union = {f.name: f for member in (model, no_events, outlook) if member for f in member.features}
    content = {
        "schema_version": SCHEMA_VERSION,
        "facts": manifest.model_dump(mode="json"),
        "features": dump_features(tuple(union.values())),
        "model": dump_served(model, files[0]),
        "no_events": dump_served(no_events, files[1]) if no_events else None,
        "outlook": dump_outlook(outlook, files[2]) if outlook else None,
    }
    texts = {MANIFEST: json.dumps(content, indent=1, allow_nan=False) + "\n", RULES: rules}
    if bayes is not None:
        texts[BAYES] = bayes.to_json()
    for trees in files:
        texts |= trees.texts
    written = {name: text.encode() for name, text in texts.items()}
    for name, part in (written | {CHECKSUMS: checksums_text(written).encode()}).items():
        (folder / name).write_bytes(part)
    return digest_of(written)[:_ID_DIGITS]


def artefact_id(folder: Path) -> str:
    """Twelve hex digits that name the content of the artefact in `folder`."""
    return artefact_digest(folder)[:_ID_DIGITS]


def artefact_digest(folder: Path) -> str:
    """All 64 hex digits of what `artefact_id` abbreviates: the SHA-256 of its `checksums.json`."""
    return digest_of({path.name: path.read_bytes() for path in _parts(folder) if path.name != CHECKSUMS})


def _parts(folder: Path) -> list[Path]:
    """The files of an artefact that are in `folder`."""
    patterns = (CHECKSUMS, MANIFEST, BAYES, RULES, "model_*.txt", "no_events_*.txt", "when_*.txt")
    return [path for pattern in patterns for path in folder.glob(pattern)]


def load_artefact(folder: Path | str, version: str | None = None, digest: str | None = None) -> Artefact:
    """The artefact in `folder`, named `version` or by its id; `digest` is what the registry knows of it.

    Raises:
        LeadscoreError: no artefact is there, it is not what was written, or a newer leadscore wrote it.
    """
    parts = _verified(Path(folder), digest)
    parts.require_whole()
    content, version = _read_manifest(parts), version or parts.digest[:_ID_DIGITS]
    with _restoring(parts.folder):
        manifest = Manifest.model_validate(content["facts"])
        features = {feature.name: feature for feature in load_features(content["features"])}
        texts = {name: parts.text(name) for name in parts.sound if name.endswith(".txt")}
        model = restore_served(content["model"], features, texts, version)
        no_events = _restore_variant(content["no_events"], features, texts, version)
        bayes = _read_bayes(parts, version)
        body = content.get("outlook")  # artefacts up to version 3 have none
        outlook = restore_outlook(body, features, texts, version) if body else None
        text = parts.text(RULES)
    rules = parse_rules(text, manifest.recipe, calibration=manifest.rules_map, version=version)
    return Artefact(parts.folder, version, manifest, model, no_events, bayes, rules, outlook)


@dataclass(frozen=True)
class Lower:
    """What is left of an artefact without its model: the rungs whose own files are as they were written."""

    manifest: Manifest
    bayes: Bayes | None
    rules: Rules


def load_lower(folder: Path | str, version: str | None = None, digest: str | None = None) -> Lower:
    """The rungs below the model of an artefact that `load_artefact` refused.

    A scorecard that is not as it was written is replaced by the default one of the recipe, uncalibrated: the
    map to probabilities belongs to the other.

    Raises:
        LeadscoreError: not even its manifest is as it was written.
    """
    parts = _verified(Path(folder), digest)
    if MANIFEST not in parts.sound:
        parts.require_whole()  # says which files are how
    content, version = _read_manifest(parts), version or parts.digest[:_ID_DIGITS]
    with _restoring(parts.folder):
        manifest = Manifest.model_validate(content["facts"])
        bayes = _read_bayes(parts, version)
    recipe = manifest.recipe
    if RULES in parts.sound:
        rules = parse_rules(parts.text(RULES), recipe, calibration=manifest.rules_map, version=version)
    else:
        rules = parse_rules(default_rules(recipe), recipe)
    return Lower(manifest, bayes, rules)


def _verified(folder: Path, digest: str | None) -> Parts:
    """The parts of the artefact in `folder`.

    Raises:
        LeadscoreError: there is no artefact, or nothing that could verify it.
    """
    if not (folder / MANIFEST).exists() and not (folder / CHECKSUMS).exists():
        raise absent_artefact(folder)
    return read_parts(folder, digest)


def absent_artefact(folder: Path) -> LeadscoreError:
    """What to say of a folder that is no artefact."""
    return LeadscoreError(
        f"{folder}: holds no {MANIFEST}, so it is not an artefact.",
        "Name a folder that 'leadscore train' wrote, or models:/NAME@champion.",
    )


@contextmanager
def _restoring(folder: Path) -> Iterator[None]:
    """What a manifest cannot be, in our words; its files are as written, so another version wrote them."""
    try:
        yield
    except (ValidationError, KeyError, ValueError, TypeError) as error:
        reason = f"{type(error).__name__} while reading it"
        raise DamagedError(f"{folder}: is damaged ({reason}).", DAMAGED) from error


def _restore_variant(
    body: Mapping[str, Any] | None, features: Mapping[str, Feature], texts: Mapping[str, str], version: str
) -> Served | None:
    return restore_served(body, features, texts, version) if body else None


def _read_bayes(parts: Parts, version: str) -> Bayes | None:
    return Bayes.from_json(parts.text(BAYES), version) if BAYES in parts.sound else None


def _read_manifest(parts: Parts) -> dict[str, Any]:
    """The manifest's JSON, once its schema version is one that this code knows."""
    place = parts.folder / MANIFEST
    try:
        content = json.loads(parts.text(MANIFEST))
        found = int(content["schema_version"])
    except (ValueError, KeyError, TypeError):
        raise DamagedError(f"{place}: is not a manifest.", DAMAGED) from None
    if found > SCHEMA_VERSION:
        raise DamagedError(
            f"{place}: has schema version {found}; this leadscore reads up to {SCHEMA_VERSION}.",
            "Upgrade leadscore, or train again with this version.",
        )
    return dict(content)


def artefact_within(folder: Path) -> Path:
    """The folder in or below `folder` that holds an artefact; MLflow keeps ours inside its own.

    A folder whose manifest was removed is one still: it is told as damaged, not as absent.

    Raises:
        LeadscoreError: there is none, or more than one.
    """
    for name in (MANIFEST, CHECKSUMS):
        if (folder / name).exists():
            return folder
        found = sorted(folder.rglob(name)) if folder.is_dir() else []
        if len(found) > 1:
            raise LeadscoreError(
                f"{folder}: holds {len(found)} artefacts.", "Name the folder of one of them."
            )
        if found:
            return found[0].parent
    raise absent_artefact(folder)
