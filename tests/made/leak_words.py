"""Names of columns in made worlds: leaks of each kind and innocents, in English, French and German."""

from __future__ import annotations

LEAKS = {
    "duration": (
        "Days to close|Total Days Identified Through Closing|Elapsed Days In Sales Stage|time_to_conversion|"
        "Sales cycle length (days)|Opportunity age at close|Deal duration until decision made|"
        "Durée du cycle de vente|Délai jusqu'à la signature|Jours avant clôture|Temps passé dans le pipeline|"
        "Durée de l'affaire jusqu'à conclusion|Dauer bis Abschluss|Tage bis zur Unterschrift|"
        "Verweildauer in Phase|Verkaufszyklus in Tagen|Abschlussdauer"
    ),
    "changes": (
        "Sales Stage Change Count|Number of stage changes|stage_transitions|Times reassigned|status changes|"
        "Count of pipeline moves|Nombre de changements d'étape|Nb changements de statut|"
        "Nombre de passages en étape|Réaffectations|Anzahl Phasenwechsel|Anzahl Statusänderungen|"
        "Stufenwechsel|Anzahl der Besitzerwechsel"
    ),
    "shares": (
        "Ratio Days Identified To Total Days|Ratio Days Validated To Total Days|Share of time in negotiation|"
        "pct_time_in_proposal|Proportion of days in stage 2|Part du temps en négociation|"
        "Pourcentage du temps en étape 3|Ratio jours qualifiés sur total|Zeitanteil Verhandlung|"
        "Anteil der Tage in Phase 2|Zeitanteil in Angebotsphase"
    ),
    "until arrival": (
        "booking_changes|Modifications before arrival|Itinerary changes|reservation amendments|"
        "Number of date changes|Modifications de réservation|Nombre de reports|Changements de date|"
        "Umbuchungen|Anzahl Terminverschiebungen|Buchungsänderungen"
    ),
    "ratings": (
        "Lead Quality|Lead Profile|Sales rep rating|Seller's opinion|Lead temperature|Lead grade|"
        "Likelihood to buy (rep)|Opportunity score|Qualité du lead|Note du commercial|"
        "Appréciation du vendeur|Température du prospect|Avis du conseiller|Einschätzung Vertrieb|"
        "Leadqualität|Bewertung durch Verkäufer|Kontaktbewertung|Abschlusswahrscheinlichkeit"
    ),
    "last activity": (
        "Last Activity|Last Notable Activity|Latest interaction|Most recent touch|last_engagement_type|"
        "Last call result code|Dernière activité|Dernier échange|Dernière interaction|"
        "Statut du dernier appel|Letzte Aktivität|Letzter Kontakt|Letzte Interaktion|Zuletzt kontaktiert per"
    ),
    "other outcome": (
        "Card issued|Insurance sold too|Onboarding booked|Upsell|Maintenance plan|Welcome pack|"
        "Carte remise|Assurance souscrite|Kit de bienvenue|Formation planifiée|Extension|"
        "Karte ausgegeben|Zusatzversicherung|Schulung|Begrüßungspaket|Wartungsvertrag"
    ),
}
"""Kind → names, cut by '|'."""

INNOCENTS = {
    "deadline": (
        "Deadline|Desired start|Decision due by|Needed by|Date limite|Échéance souhaitée|Livraison prévue|"
        "Frist|Wunschtermin|Geplanter Start"
    ),
    "title": ("Title|Salutation|Job title|Position held|Titre|Civilité|Fonction|Anrede|Titel|Funktion"),
    "earlier date": (
        "Birth date|Customer since (parent)|Firm registered|Site opened|Date de naissance|"
        "Immatriculation|Gründungsdatum|Geburtsdatum"
    ),
    "wish": (
        "Contract duration wanted|Desired stay nights|Budget time frame|Number of sites|Employees|"
        "Durée de contrat souhaitée|Nombre de sites|Effectif|Gewünschte Laufzeit|Anzahl Standorte|"
        "Mitarbeiter"
    ),
    "outside rating": (
        "Credit score|Bureau rating|Website visits before form|Risk grade|Cote de crédit|Note de risque|"
        "Bonitätsindex|Kreditrating"
    ),
    "source": ("Source|Campaign code|Channel|Region|Origine|Canal|Région|Quelle|Kanal|Gebiet"),
    "optional": ("Phone type|Referrer|Comment topic|Fax type|Parrain|Sujet|Empfehler|Thema"),
}
