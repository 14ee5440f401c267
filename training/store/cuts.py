"""Where the champion's bands begin: they stay there over a retraining, unless new ones are asked for."""

from __future__ import annotations

from features.errors import LeadscoreError
from features.recipe import Recipe
from serving.artefact import load_artefact
from serving.registry import fetch, find_champion
from training.packing import Cuts


def cuts_kept(recipe: Recipe) -> Cuts:
    """The cut-offs of the champion's rungs; none where the recipe draws its bands otherwise than it did.

    Who is hot is what sales and marketing agreed on: a new model alone is no reason to move the line. A
    change of `[bands]` or of the horizon is one, as is a champion that cannot be read.
    """
    found = find_champion(recipe.name)
    if found is None or recipe.bands.fixed is not None:
        return {}
    try:
        manifest = load_artefact(fetch(found)).manifest
    except (LeadscoreError, OSError, ValueError):
        return {}
    same = manifest.recipe.bands == recipe.bands and manifest.horizon_days == recipe.recipe.horizon_days
    return {name: (one.hot, one.warm) for name, one in manifest.references.items()} if same else {}
