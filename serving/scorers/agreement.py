"""Do the columns at hand fit the model? If not, a diff says how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.errors import LeadscoreError, near

_REMEDY = "Retrain with 'leadscore train', or restore the recipe that this model was trained with."


def require_columns(
    needed: Sequence[str],
    columns: Mapping[str, object],
    owner: str = "model/",
    given: str = "this recipe makes",
    remedy: str = _REMEDY,
) -> None:
    """Refuse `columns` that lack a feature in `needed`; further ones are fine. `given` says whose they are.

    Raises:
        LeadscoreError: with the counts and the missing names, each with the nearest name that is there.
    """
    if not all(map(columns.__contains__, needed)):
        raise LeadscoreError(_difference(owner, needed, list(columns), given), remedy)


def require_same_features(trained: Sequence[str], made: Sequence[str], owner: str = "model/") -> None:
    """Refuse features that are not exactly those of training, in the same order.

    Raises:
        LeadscoreError: with a diff of the two lists.
    """
    if list(trained) != list(made):
        raise LeadscoreError(_difference(owner, trained, made), _REMEDY)


def _difference(
    owner: str, trained: Sequence[str], made: Sequence[str], given: str = "this recipe makes"
) -> str:
    """Counts, then lines `- trained only` and `+ made only`; a pure change of order says so."""
    head = f"{owner} was trained on {len(trained)} features, {given} {len(made)}:"
    if sorted(trained) == sorted(made):
        return f"{head}\n  the same names in another order"
    lines = [_lost(name, made) for name in trained if name not in set(made)]
    lines += [f"  + {name}" for name in made if name not in set(trained)]
    return "\n".join([head, *lines])


def _lost(name: str, made: Sequence[str]) -> str:
    meant = near(name, made)
    return f"  - {name}" + (f"   (nearest: {meant})" if meant else "")
