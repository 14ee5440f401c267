"""What identifies the simulated people: names, addresses and numbers, all invented, some of them broken.

Company domains carry a number that no real company has; telephone numbers come from ranges that regulators
keep for fiction where there is one (Arcep, Ofcom, Bundesnetzagentur, NANPA), else are made of zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.arrivals import NO_FIRM, Profiles
from data.simulator.firms import Firms
from data.simulator.population import Population
from data.simulator.seasons import Ints
from data.simulator.titles import WORDINGS, all_titles, title_at

FIRST_NAMES = (
    "camille", "julien", "sophie", "thomas", "lea", "nicolas", "manon", "pierre", "chloe", "antoine", "emma",
    "james", "olivia", "harry", "grace", "lukas", "hannah", "felix", "sofia", "marco", "giulia", "carlos",
    "lucia", "noah", "amina", "youssef", "fatou", "ibrahima", "astrid", "jonas",
)  # fmt: skip
LAST_NAMES = (
    "martin", "bernard", "dubois", "moreau", "laurent", "girard", "lambert", "faure", "rousseau", "blanc",
    "smith", "jones", "taylor", "brown", "wilson", "muller", "schmidt", "weber", "peeters", "janssens",
    "rossi", "ferrari", "garcia", "lopez", "tremblay", "gagnon", "benali", "diallo", "ndiaye", "jonsson",
)  # fmt: skip
FIRM_STEMS = (
    "velo",
    "nor",
    "astra",
    "alti",
    "medi",
    "agri",
    "proxi",
    "logi",
    "eco",
    "batis",
    "opti",
    "terra",
)
FIRM_ENDINGS = ("traq", "vance", "nova", "line", "pharm", "tech", "watt", "print", "group", "works", "lab")
TOP_LEVELS = {
    "FR": "fr",
    "GB": "co.uk",
    "DE": "de",
    "BE": "be",
    "CH": "ch",
    "ES": "es",
    "IT": "it",
    "LU": "lu",
}
FREE_HOSTS = (
    "gmail.com",
    "hotmail.com",
    "yahoo.fr",
    "outlook.com",
    "orange.fr",
    "free.fr",
    "icloud.com",
    "gmx.de",
)
DISPOSABLE_HOSTS = ("mailinator.com", "yopmail.com", "guerrillamail.com")
BROKEN_ADDRESSES = ("n/a", "test@test", "aaa@", "none", "unknown@unknown..com", "jean dupont@societe")
# Prefix by country, and how many digits follow.
DIAL_PREFIXES = {
    "FR": ("+33 6 39 98 ", 4), "GB": ("+44 7700 900 ", 3), "DE": ("+49 171 39200 ", 2),
    "BE": ("+32 400 00 ", 4), "US": ("+1 202 555 01", 2), "CH": ("+41 70 000 ", 4),
    "ES": ("+34 600 00 ", 4), "IT": ("+39 300 000 ", 4), "CA": ("+1 514 555 01", 2),
    "LU": ("+352 600 00 ", 4), "MA": ("+212 600 00 ", 4), "SN": ("+221 70 000 ", 4),
    "IS": ("+354 600 ", 4),
}  # fmt: skip
BROKEN_NUMBERS = ("0", "0000000000", "n/a", "123")
BROKEN_NUMBER_SHARE = 0.03
PRIVATE_EMPLOYERS = 20_000_000  # above every company's number
FRENCH_SPEAKING = {"FR": 0.92, "BE": 0.45, "CH": 0.35, "LU": 0.7, "CA": 0.4, "MA": 0.9, "SN": 0.95}


def pick(words: Sequence[str], positions: Ints) -> pa.Array:
    """The words at `positions`, as an Arrow string array."""
    return pa.array(words, type=pa.string()).take(pa.array(positions))


def _draw(rng: np.random.Generator, words: Sequence[str], count: int) -> pa.Array:
    """`count` words drawn with equal shares."""
    return pick(words, rng.integers(len(words), size=count))


def number_text(numbers: Ints, width: int) -> pa.Array:
    """Whole numbers as text, padded with zeros to `width`."""
    return pc.utf8_lpad(pa.array(numbers).cast(pa.string()), width, "0")


def draw_emails(rng: np.random.Generator, population: Population, firms: Firms, who: Profiles) -> pa.Array:
    """E-mail addresses of the drawn kinds; colleagues share their company's domain."""
    count = len(who.address)
    first, last = _draw(rng, FIRST_NAMES, count), _draw(rng, LAST_NAMES, count)
    local = pc.binary_join_element_wise(first, last, ".")
    tagged = pc.binary_join_element_wise(local, number_text(rng.integers(100, size=count), 2), "")
    # A private person at a business address works for a company that is in nobody's accounts.
    firm = np.where(
        who.firm == NO_FIRM, PRIVATE_EMPLOYERS + rng.integers(10**6, size=count), who.firm + firms.first
    )
    at_firm = pc.binary_join_element_wise(local, _domains(population, who, firm), "@")
    at_free = pc.binary_join_element_wise(tagged, _draw(rng, FREE_HOSTS, count), "@")
    thrown = pc.binary_join_element_wise(tagged, _draw(rng, DISPOSABLE_HOSTS, count), "@")
    broken = _draw(rng, BROKEN_ADDRESSES, count)
    by_kind = {"business": at_firm, "free": at_free, "disposable": thrown, "invalid": broken}
    return pc.choose(pa.array(who.address), *(by_kind[kind] for kind in population.addresses))


def _domains(population: Population, who: Profiles, firm: Ints) -> pa.Array:
    """A domain for each company number; the same number gives the same name."""
    ends = [TOP_LEVELS.get(country, "com") for country in population.countries]
    stem, ending = pick(FIRM_STEMS, firm % len(FIRM_STEMS)), pick(FIRM_ENDINGS, firm % len(FIRM_ENDINGS))
    name = pc.binary_join_element_wise(stem, ending, "-", number_text(firm, 4), "")
    return pc.binary_join_element_wise(name, pick(ends, who.country), ".")


def draw_phones(rng: np.random.Generator, population: Population, who: Profiles) -> pa.Array:
    """Telephone numbers of the lead's country, some of them broken."""
    count = len(who.country)
    numbering = [DIAL_PREFIXES[country] for country in population.countries]
    prefix = pick([start for start, _ in numbering], who.country)
    width = np.array([digits for _, digits in numbering])[who.country]
    digits = number_text(rng.integers(10_000, size=count), 4)
    # All widths are cut from the same four digits, so that one draw serves every country.
    cuts = [pc.utf8_slice_codeunits(digits, 4 - digit) for digit in (2, 3, 4)]
    tail = pc.choose(pa.array(width - 2), *cuts)
    whole = pc.binary_join_element_wise(prefix, tail, "")
    broken = rng.random(count) < BROKEN_NUMBER_SHARE
    return pc.if_else(pa.array(broken), _draw(rng, BROKEN_NUMBERS, count), whole)


def draw_titles(rng: np.random.Generator, population: Population, who: Profiles) -> pa.Array:
    """Job titles in the lead's language, some in capitals; private persons have none (null)."""
    count = len(who.country)
    french_share = np.array([FRENCH_SPEAKING.get(country, 0.01) for country in population.countries])
    french = (rng.random(count) < french_share[who.country]).astype(np.int64)
    wording = rng.integers(WORDINGS, size=count)
    titles = pick(all_titles(), title_at(french, who.seniority, who.function, wording))
    shouted = pc.if_else(pa.array(rng.random(count) < 0.05), pc.utf8_upper(titles), titles)
    return pc.if_else(pa.array(who.firm == NO_FIRM), pa.scalar(None, pa.string()), shouted)
