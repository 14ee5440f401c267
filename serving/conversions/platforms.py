"""What each ad platform takes back: click ids, windows, limits.

Sources: Google Ads API protos v21 and its help on offline conversions and adjustments; Meta's Conversion
Leads integration; LinkedIn's Conversions API; Microsoft Advertising's offline conversions. Windows are in
days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PlatformName = Literal["google", "linkedin", "meta", "microsoft"]


@dataclass(frozen=True)
class Platform:
    """One platform.

    A conversion later than `window_days` after the lead came, or that happened longer than `age_days` ago, is
    not taken; nor is a change of one that is older than `adjust_days` (0: no change is taken).
    """

    name: PlatformName
    click_ids: tuple[str, ...]
    person: bool
    """Whether a hashed address or number may stand for the click."""
    window_days: float
    person_window_days: float
    age_days: float
    adjust_days: float
    batch: int


PLATFORMS: dict[PlatformName, Platform] = {
    "google": Platform("google", ("gclid", "gbraid", "wbraid"), True, 90, 63, 90, 54, 2_000),
    "microsoft": Platform("microsoft", ("msclkid",), True, 90, 90, 90, 90, 1_000),
    "linkedin": Platform("linkedin", ("li_fat_id",), True, 90, 90, 90, 0, 5_000),
    "meta": Platform("meta", ("leadgen_id", "fbc"), True, 3_650, 3_650, 7, 0, 1_000),
}

SPELLINGS: dict[str, tuple[str, ...]] = {
    "gclid": ("gclid", "googleclickid"),
    "gbraid": ("gbraid",),
    "wbraid": ("wbraid",),
    "msclkid": ("msclkid", "microsoftclickid"),
    "li_fat_id": ("lifatid", "linkedinfatid"),
    "leadgen_id": ("leadgenid", "metaleadid", "facebookleadid", "fbleadid"),
    "fbc": ("fbc",),
}
"""Click id → names of its column, in letters and digits only."""
