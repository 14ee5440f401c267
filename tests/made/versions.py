"""Registered versions of Acme's model in a real store, each with an artefact: what a service follows."""

from __future__ import annotations

from pathlib import Path

from features import Recipe
from features.recipe.file import parse_recipe
from serving.artefact.checksums import DIGEST_TAG
from serving.artefact.folder import artefact_digest, save_artefact
from serving.rules.default import default_rules
from tests.made import scorers
from tests.made.store import empty_store


class Versions:
    """A store in `folder` with versions of 'acme'; number n stands in the folder `n` beside it."""

    def __init__(self, folder: Path) -> None:
        from mlflow import MlflowClient

        self.folder, self.address = folder, empty_store(folder)
        self._client = MlflowClient(self.address, registry_uri=self.address)
        self._client.create_registered_model("acme")

    def register(self, shift: float = 0.0, recipe: Recipe | None = None) -> str:
        """A version whose trees learned from outcomes that are shifted so far: its number."""
        number = str(len(self._client.search_model_versions("name='acme'")) + 1)
        recipe = recipe or scorers.recipe()
        manifest = scorers.manifest().model_copy(update={"recipe": recipe, "recipe_hash": recipe.hash})
        save_artefact(self.path(number), manifest, scorers.trees(shift=shift), rules=default_rules(recipe))
        tags = {DIGEST_TAG: artefact_digest(self.path(number))}
        made = self._client.create_model_version("acme", f"file://{self.path(number)}", "0" * 32, tags=tags)
        assert str(made.version) == number
        return number

    def path(self, number: str) -> Path:
        """The artefact of a version."""
        return self.folder / number

    def damage(self, number: str) -> None:
        """Cut the trees of a version after its first half, as a copy that was broken off does."""
        file = self.path(number) / "model_0.txt"
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])

    def promote(self, number: str) -> None:
        """Let a version be champion."""
        self._client.set_registered_model_alias("acme", "champion", number)

    def challenge(self, number: str) -> None:
        """Let a version be challenger."""
        self._client.set_registered_model_alias("acme", "challenger", number)

    def forget(self) -> None:
        """Let nobody be champion."""
        self._client.delete_registered_model_alias("acme", "champion")


def changed(old: str, new: str) -> Recipe:
    """Acme's recipe with one text replaced."""
    assert old in scorers.RECIPE
    return parse_recipe(scorers.RECIPE.replace(old, new))
