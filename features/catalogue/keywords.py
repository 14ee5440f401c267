"""Words of job titles in English and French, by seniority and by function; '*' ends a beginning of a word."""

from __future__ import annotations

SENIORITY: dict[str, tuple[str, ...]] = {
    "founder": ("founder", "co founder", "cofounder", "owner", "fondateur", "fondatrice", "cofondateur",
                "cofondatrice", "gerant", "gerante", "proprietaire", "entrepreneur*", "associe", "associee",
                "partner"),
    "c_level": ("chief", "ceo", "cfo", "cto", "cio", "cmo", "coo", "cpo", "cro", "ciso", "cdo", "chro",
                "president", "presidente", "pdg", "dg", "dga", "daf", "dsi", "drh", "dircom",
                "directeur general", "directrice generale", "managing director"),
    "director": ("director", "vp", "svp", "evp", "vice president", "vice presidente", "head", "directeur*",
                 "directrice*", "direction"),
    "manager": ("manager", "managers", "lead", "supervisor", "responsable", "chef", "cheffe", "cadre",
                "encadrant*", "superviseur*", "gestionnaire"),
    "junior": ("intern", "interns", "trainee", "student", "junior", "apprentice", "assistant", "assistante",
               "stagiaire", "etudiant", "etudiante", "alternant", "alternante", "apprenti", "apprentie"),
}  # fmt: skip
"""Seniority → keywords; a title may belong to several."""

FUNCTION: dict[str, tuple[str, ...]] = {
    "sales": ("sales", "account executive", "business development", "commercial", "commerciale", "vente",
              "ventes", "cro", "revenue", "vendeur", "vendeuse"),
    "marketing": ("marketing", "growth", "brand", "communication*", "content", "seo", "cmo", "dircom",
                  "acquisition"),
    "it": ("it", "software", "developer*", "engineer*", "data", "cto", "cio", "ciso", "system*", "dsi",
           "informatique", "developpeur*", "developpeuse*", "ingenieur*", "ingenieure*", "logiciel",
           "numerique", "technique", "technology", "security"),
    "finance": ("finance", "financial", "financier", "financiere", "accounting", "accountant", "controller",
                "cfo", "daf", "comptable*", "comptabilite", "tresorerie", "tresorier*", "audit*"),
    "hr": ("hr", "human resources", "people", "talent", "recruiter", "recruiting", "chro", "drh", "rh",
           "ressources humaines", "recrutement", "recruteur*", "paie"),
    "operations": ("operations", "coo", "supply", "logistics", "production", "manufacturing", "plant",
                   "exploitation", "logistique", "usine", "qualite", "quality"),
    "purchasing": ("purchasing", "procurement", "buyer", "sourcing", "achat", "achats", "acheteur*",
                   "acheteuse*"),
    "legal": ("legal", "counsel", "lawyer", "compliance", "juridique", "juriste", "avocat*", "conformite"),
}  # fmt: skip
"""Function → keywords; a title may belong to several."""
