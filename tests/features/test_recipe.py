"""A recipe says all that determines a model, and its errors speak the words of the file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from features import LeadscoreError, Recipe, load_recipe
from features.recipe.file import parse_recipe

ROOT = Path(__file__).parents[2]
LEAST = "[tables]\nleads = 'leads.csv'\n"


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data" / "recipes").glob("*.toml")), ids=lambda path: path.stem
)
def test_the_shipped_recipes_load(path: Path) -> None:
    assert load_recipe(path).tables.leads.sql


def test_a_recipe_needs_only_its_leads() -> None:
    recipe = parse_recipe(LEAST)
    assert recipe.recipe.horizon_days == 90
    assert recipe.tables.leads.file == "leads.csv"
    assert not recipe.dated


def test_the_hash_names_the_content_and_not_the_spelling() -> None:
    assert parse_recipe(LEAST).hash == parse_recipe("# note\n" + LEAST + "[recipe]\nhorizon_days = 90\n").hash
    assert parse_recipe(LEAST).hash != parse_recipe(LEAST + "[recipe]\nhorizon_days = 30\n").hash


def test_a_key_that_is_not_used_changes_no_hash() -> None:
    """So a later version may add keys: the hash is that of what is said beyond the defaults."""
    least = parse_recipe(LEAST)
    assert Recipe.model_validate(least.model_dump()).hash == least.hash
    said = json.dumps({"tables": {"leads": {"file": "leads.csv"}}})
    assert least.hash == hashlib.sha256(said.encode()).hexdigest()


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "[lead.fields.size]\ntype = 'integer'",
            "[lead.fields.size] type 'integer' is not known; use one of number",
        ),
        ("[lead.fields.size]\ntpye = 'number'", "did you mean 'type'?"),
        ("[trian]\nseed = 1", "key 'trian' is not known; did you mean 'train'?"),
        ("[recipe]\nzone = 'Mars'", "[recipe] zone is not an IANA time zone"),
        ("[recipe]\nhorizon_days = 0", "[recipe] horizon_days should be greater than 0"),
        ("[outcomes]\nwon = ['yes']\nlost = ['yes']", "both won and lost"),
        ("[outcomes]\nat_once = true", "'at_once' needs 'column'"),
        ("[tables.events]\nfile = 'a.csv'\nsql = 'SELECT 1'", "needs either 'file' or 'sql'"),
        ("[events]\nkinds = {}", "[events] kinds"),
        ("[windows]\ndays = [0]", "greater than 0"),
        (
            "[lead.fields.size]\ntype = 'number'\nformat = 'dmy'",
            "[lead.fields.size] format 'dmy' does not fit type 'number'; use one of decimal_point",
        ),
        (
            "[lead.fields.seen]\ntype = 'date'\nformat = 'decimal_comma'",
            "format 'decimal_comma' does not fit type 'date'; use one of iso, dmy",
        ),
        (
            "[lead.fields.town]\ntype = 'text'\nformat = 'iso'",
            "format 'iso' does not fit type 'text'; numbers and dates alone have one",
        ),
    ],
)
def test_an_error_names_section_key_and_what_is_accepted(lines: str, said: str) -> None:
    with pytest.raises(LeadscoreError) as error:
        parse_recipe(LEAST + lines, source="acme.toml")
    assert said in error.value.problem
    assert error.value.problem.startswith("acme.toml: ")
    assert error.value.remedy


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LeadscoreError, match="no such recipe"):
        load_recipe(tmp_path / "recipe.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[recipe\n")
    with pytest.raises(LeadscoreError, match="not valid TOML"):
        load_recipe(broken)
    broken.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LeadscoreError, match="not a text file"):
        load_recipe(broken)


def test_a_recipe_inside_an_artefact_loads_though_a_format_of_it_does_not_fit() -> None:
    """Version 0.2.0 accepted such a format and did nothing with it; its champions go on answering."""
    written = parse_recipe(LEAST + "[lead.fields.size]\ntype = 'category'\n").model_dump(mode="json")
    written["lead"]["fields"]["size"]["format"] = "iso"
    assert Recipe.model_validate(written).lead.fields["size"].format == "iso"


def test_the_language_of_reasons_is_no_other_model() -> None:
    plain = parse_recipe('tables = { leads = "leads.csv" }')
    assert plain.recipe.language == "en"
    assert plain.told_in("fr").recipe.language == "fr"
    assert plain.told_in("fr").hash == plain.hash
    assert plain.told_in(None) is plain
    with pytest.raises(LeadscoreError, match="language"):
        parse_recipe('tables = { leads = "leads.csv" }\n[recipe]\nlanguage = "de"')
