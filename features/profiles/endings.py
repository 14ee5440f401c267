"""Words that read as won or lost, in English, French, German, Spanish, Italian, Portuguese and Dutch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from features.profiles.presets import plain

# Compared with `plain` texts: lower case, without accents. "not converted" is caught by _NOT.
_WON = re.compile(
    r"\b(?:won|closedwon|win|converted|convert|customer|client|yes|y|true|1|oui|vrai|gagne|gagnee|signe|signee|signed"
    r"|converti|convertie|sold|sale|vendu|vente|bought|purchase|purchased|ordered|booked|achete|gewonnen|verkauft|kunde|ja|deal"
    r"|konvertiert|umgewandelt|ganad[oa]s?|convertid[oa]s?|vendid[oa]s?|firmad[oa]|cliente|verdadero"
    r"|vint[oa]|convertit[oa]|vendut[oa]|firmat[oa]|acquisit[oa]|ganh[oa]|verdadeiro|geconverteerd|klant"
    r"|verkocht|getekend|binnengehaald)\b|^(?:si|sim|vero)$"
)


# Words of earlier stages too: they mean won only where no value says it plainly.
_PERHAPS_WON = re.compile(
    r"\b(?:success|successful|subscribed|activated|accepted|paid|enrolled|registered|qualified|positive|good"
    r"|erfolgreich|exitos[oa]|riuscit[oa]|geslaagd)\b"
)
_NOT = re.compile(
    r"\b(?:not|non|no|nicht|un|lost|never|pas|dis|unqualified|disqualified|nonconverted|unconverted"
    r"|kein|keine|nie|nunca|nao|niet|geen|nooit|perdid[oa]s?|persa|verloren"
    r"|(?:potential|prospective|future|futur|poten[tz]iell\w*|mogelijke) (?:customer|client|kunde|klant|deal)"
    r"|client (?:potentiel|futur)|client[ei] (?:potencial|potenzial[ei]|futuro))\b"
    r"|^perso$|(?:chiuso|cliente) perso"
)
LOST = re.compile(
    r"\b(?:lost|closedlost|loss|perdu|perdue|not converted|non converti|non convertie|disqualified"
    r"|unqualified|rejected|refuse|refused|declined|dead|junk|cancelled|canceled|annule|abandon|abandoned|abandonne"
    r"|sans suite|cannot contact|stalled|dropped|unsuccessful|ko"
    r"|failed|no|n|0|false|faux|non|bad|churned|not interested|verloren|abgelehnt|storniert|nein"
    r"|disqualifiziert|kein (?:interesse|bedarf|budget)|perdid[oa]s?|descartad[oa]|rechazad[oa]"
    r"|descalificad[oa]|cancelad[oa]|sin interes|persa|(?:chiuso|cliente) perso|rifiutat[oa]"
    r"|annullat[oa]|squalificat[oa]|non interessat[oa]|rejeitad[oa]|desqualificad[oa]|sem interesse|nao|falso"
    r"|afgewezen|geannuleerd|vervallen|geen interesse|nee)\b|^perso$"
)


def divide_stages(values: Mapping[str, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the stages in an outcomes table: those that mean won, and those that mean lost."""
    won = won_among(values)
    return won, tuple(value for value in values if value not in won and LOST.search(plain(value)))


def won_among(values: Iterable[str]) -> tuple[str, ...]:
    """Those of `values` that read as a win: "Closed Won", "converti", "1", but not "not converted"."""
    able = [value for value in values if _NOT.search(plain(value)) is None]
    plainly = tuple(value for value in able if _WON.search(plain(value)))
    return plainly or tuple(value for value in able if _PERHAPS_WON.search(plain(value)))


def reads_as_won(value: str) -> bool:
    """Whether a value says plainly that a lead was won, in whatever company.

    >>> reads_as_won("Closed Won"), reads_as_won("Qualified"), reads_as_won("not sold")
    (True, False, False)
    """
    text = plain(value)
    return _NOT.search(text) is None and _WON.search(text) is not None
