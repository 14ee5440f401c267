"""The companies of the simulated world: drawn once, shared by the leads that work for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from data.simulator.population import Level, Population
from data.simulator.seasons import Ints
from features.columns import Floats

REGIONS = {
    "FR": ("Île-de-France", "Auvergne-Rhône-Alpes", "Occitanie", "Bretagne", "Hauts-de-France", "Corse"),
    "GB": ("London", "South East", "Scotland", "Wales"),
    "DE": ("Bayern", "Hessen", "Berlin", "Sachsen"),
    "BE": ("Bruxelles", "Wallonie", "Vlaanderen"),
    "US": ("California", "New York", "Texas", "Ohio"),
    "CH": ("Vaud", "Genève", "Zürich"),
    "ES": ("Madrid", "Cataluña", "Andalucía"),
    "IT": ("Lombardia", "Lazio", "Piemonte"),
    "CA": ("Québec", "Ontario"),
    "LU": ("Luxembourg",),
    "MA": ("Casablanca-Settat",),
    "SN": ("Dakar",),
    "IS": ("Höfuðborgarsvæðið",),
}
REVENUE_PER_HEAD = 150_000


@dataclass(frozen=True)
class Firms:
    """Companies by number: employees, revenue in euros, founding year, and positions of their levels.

    `first` is the number of the first company, so that two sets of companies are told apart by name.
    """

    first: int
    employees: Ints
    revenue: Floats
    founded: Ints
    size: Ints
    industry: Ints
    country: Ints
    region: Ints


def draw_level(rng: np.random.Generator, shares: Iterable[float], count: int) -> Ints:
    """Draw `count` positions of levels with the given shares (normalised here)."""
    totals = np.cumsum(np.fromiter(shares, dtype=np.float64))
    return np.asarray(np.searchsorted(totals, rng.random(count) * totals[-1], side="right"), dtype=np.int64)


def shares(levels: dict[str, Level]) -> list[float]:
    """The shares of a category's levels."""
    return [level.share for level in levels.values()]


def effects(levels: dict[str, Level]) -> Floats:
    """The effects on fit of a category's levels, shape (n_levels,)."""
    return np.array([level.effect for level in levels.values()])


def draw_regions(rng: np.random.Generator, population: Population, country: Ints) -> Ints:
    """A region of each country, as its position in `region_names`, shape like `country`."""
    counts = np.array([len(REGIONS[name]) for name in population.countries])
    first = np.cumsum(counts) - counts
    return np.asarray(first[country] + np.floor(rng.random(len(country)) * counts[country]), dtype=np.int64)


def region_names(population: Population) -> list[str]:
    """All regions, country by country."""
    return [region for country in population.countries for region in REGIONS[country]]


def draw_firms(rng: np.random.Generator, population: Population, count: int, first: int = 0) -> Firms:
    """Draw `count` companies; revenue follows employees with a wide noise, age is skewed to the young."""
    size = draw_level(rng, shares(population.sizes), count)
    bounds = np.array([[int(end) for end in key.split("-")] for key in population.sizes], dtype=np.float64)
    low, high = np.log(bounds[size, 0]), np.log(bounds[size, 1] + 1)
    employees = np.floor(np.exp(low + rng.random(count) * (high - low))).astype(np.int64)
    country = draw_level(rng, shares(population.countries), count)
    return Firms(
        first=first,
        employees=employees,
        revenue=np.round(employees * REVENUE_PER_HEAD * rng.lognormal(0.0, 0.6, count), -3),
        founded=2023 - np.minimum(rng.exponential(18, count), 140).astype(np.int64),
        size=size,
        industry=draw_level(rng, shares(population.industries), count),
        country=country,
        region=draw_regions(rng, population, country),
    )
