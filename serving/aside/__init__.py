"""Aside from answering: a challenger in shadow, a spool and a copy of the keys while the ledger is away."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.aside.key_copy import KeyCopy as KeyCopy
    from serving.aside.pairs import ShadowPairs as ShadowPairs
    from serving.aside.pairs import shadow_pairs as shadow_pairs
    from serving.aside.shadow import Shadow as Shadow
    from serving.aside.spool import InboundSpool as InboundSpool

_PLACES = {
    "serving.aside.key_copy": ["KeyCopy"],
    "serving.aside.pairs": ["ShadowPairs", "shadow_pairs"],
    "serving.aside.shadow": ["Shadow"],
    "serving.aside.spool": ["InboundSpool"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
