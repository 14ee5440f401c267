"""Job titles in English and French: a seniority, a function and one of several wordings."""

from __future__ import annotations

from itertools import cycle, islice

from data.simulator.seasons import Ints

WORDINGS = 4
LANGUAGES = ("en", "fr")
# Seniority by seniority, in the order of POPULATION.seniorities; {} is the function.
TEMPLATES = {
    "en": (
        ("Founder", "Owner", "CEO", "Managing Partner"),
        ("VP {}", "Chief {} Officer", "SVP {}", "Executive Vice President {}"),
        ("{} Director", "Head of {}", "Director of {}", "Senior Director, {}"),
        ("{} Manager", "{} Team Lead", "Senior {} Manager", "{} Manager EMEA"),
        ("{} Specialist", "{} Analyst", "Senior {} Specialist", "{} Consultant"),
        ("{} Intern", "{} Assistant", "Junior {} Coordinator", "{} Trainee"),
    ),
    "fr": (
        ("Gérant", "Gérante", "PDG", "Fondateur associé"),
        (
            "Vice-président {}",
            "Directrice générale adjointe {}",
            "Directeur exécutif {}",
            "Vice-présidente {}",
        ),
        ("Directeur {}", "Directrice {}", "Directeur adjoint {}", "Directrice régionale {}"),
        ("Responsable {}", "Cheffe de service {}", "Manager {}", "Responsable adjoint {}"),
        ("Chargé de mission {}", "Chargée d'études {}", "Analyste {}", "Technicien {}"),
        ("Stagiaire {}", "Assistante {}", "Alternant {}", "Assistant {}"),
    ),
}
# Function by function, in the order of POPULATION.functions; French ones carry their article.
FUNCTIONS = {
    "en": ("Sales", "Marketing", "Operations", "IT", "Finance", "HR"),
    "fr": (
        "des ventes",
        "marketing",
        "des opérations",
        "informatique",
        "des finances",
        "des ressources humaines",
    ),
}


def all_titles() -> list[str]:
    """Every title, flat: language, then seniority, then function, then wording (see `title_at`)."""
    return [
        wording.format(function)
        for language in LANGUAGES
        for wordings in TEMPLATES[language]
        for function in FUNCTIONS[language]
        for wording in islice(cycle(wordings), WORDINGS)
    ]


def title_at(language: Ints, seniority: Ints, function: Ints, wording: Ints) -> Ints:
    """Positions of titles in `all_titles`, from arrays of positions of their parts."""
    n_functions = len(FUNCTIONS["en"])
    return ((language * len(TEMPLATES["en"]) + seniority) * n_functions + function) * WORDINGS + wording
