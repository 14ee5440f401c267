"""The channel of a lead from its campaign tags and click ids, by GA4's default channel rules.

Source: support.google.com/analytics/answer/9756891 (default channel groups, first match wins). The lists of
sources are the short ones of common use; Google's are longer.
"""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

_SEARCH = re.compile(r"baidu|bing|duckduckgo|ecosia|google|yahoo|yandex")
_SOCIAL = re.compile(r"facebook|\bfb\b|instagram|linkedin|pinterest|tiktok|twitter|whatsapp")
_VIDEO = re.compile(r"youtube|vimeo|dailymotion|twitch")
_PAID = re.compile(r"^(.*cp.*|ppc|retargeting|paid.*)$")
_SHOP = re.compile(r"^(.*(([^a-df-z]|^)shop|shopping).*)$")
_DISPLAY = frozenset({"display", "banner", "expandable", "interstitial", "cpm"})
_SOCIAL_MEDIUM = frozenset(
    {"social", "social-network", "social-media", "sm", "social network", "social media"}
)
_MAIL = frozenset({"email", "e-mail", "e_mail", "e mail"})
_PUSH = re.compile(r"push$|mobile|notification")
_PLAIN = {
    "affiliate": "Affiliates", "audio": "Audio", "sms": "SMS", "ai-assistant": "AI Assistant",
}  # fmt: skip
_CLICKS = {
    "gclid": "Paid Search", "gbraid": "Paid Search", "wbraid": "Paid Search", "msclkid": "Paid Search",
    "li_fat_id": "Paid Social",
}  # fmt: skip
"""A click id of these is only on paid links; fbclid also stands on unpaid ones and says nothing."""


def channel(source: str, medium: str, campaign: str = "") -> str:
    """The default channel group of a visit's tags.

    >>> channel("google", "cpc"), channel("linkedin", "paid-social"), channel("newsletter", "email")
    ('Paid Search', 'Paid Social', 'Email')
    >>> channel("(direct)", "(none)"), channel("partner.example", "referral"), channel("", "")
    ('Direct', 'Referral', 'Unassigned')
    """
    source, medium, campaign = (text.strip().lower() for text in (source, medium, campaign))
    paid = _PAID.match(medium) is not None
    shop = _SHOP.match(campaign) is not None
    if source == "(direct)" and medium in ("(none)", "(not set)"):
        return "Direct"
    if "cross-network" in campaign:
        return "Cross-network"
    if paid:
        return _paid(source, medium, shop)
    if medium in _DISPLAY:
        return "Display"
    return _unpaid(source, medium, shop)


def _paid(source: str, medium: str, shop: bool) -> str:
    if shop:
        return "Paid Shopping"
    for name, known in (("Search", _SEARCH), ("Social", _SOCIAL), ("Video", _VIDEO)):
        if known.search(source):
            return f"Paid {name}"
    return "Display" if medium in _DISPLAY else "Paid Other"


def _unpaid(source: str, medium: str, shop: bool) -> str:
    if shop:
        return "Organic Shopping"
    if _SOCIAL.search(source) or medium in _SOCIAL_MEDIUM:
        return "Organic Social"
    if _VIDEO.search(source) or "video" in medium:
        return "Organic Video"
    if _SEARCH.search(source) or medium == "organic":
        return "Organic Search"
    if medium in ("referral", "app", "link"):
        return "Referral"
    if source in _MAIL or medium in _MAIL:
        return "Email"
    return _PLAIN.get(medium) or ("Mobile Push" if _PUSH.search(medium) else "Unassigned")


def channels_of(raw: pd.DataFrame) -> pd.Series[Any]:
    """The channel of each row of raw leads; 'unknown' where neither tags nor a click id are there."""
    columns = {_plain(str(name)): name for name in raw.columns}
    tags = [columns.get(f"utm{name}") for name in ("source", "medium", "campaign")]
    found = pd.Series("unknown", index=raw.index, dtype=object)
    if tags[0] is not None or tags[1] is not None:
        cells = [
            raw[tag].fillna("").astype(str) if tag is not None else pd.Series("", raw.index) for tag in tags
        ]
        known = {triple: channel(*triple) for triple in set(zip(*cells, strict=True))}
        filled = [any(triple) for triple in zip(*cells, strict=True)]
        named = pd.Series([known[triple] for triple in zip(*cells, strict=True)], index=raw.index)
        found = found.mask(pd.Series(filled, index=raw.index), named)
    for click, name in _CLICKS.items():
        if (column := columns.get(_plain(click))) is not None:
            clicked = raw[column].fillna("").astype(str).str.strip() != ""
            found = found.mask(clicked & found.isin(["unknown", "Unassigned"]), name)
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
