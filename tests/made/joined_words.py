"""Names in tables beside the leads: columns of accounts and sellers, kinds of events; leaks and innocents."""

from __future__ import annotations

ACCOUNT_LEAKS = {
    "customer mark": (
        "Account type|Relationship|Customer status|Lifecycle stage|Is customer|Partner state|Type de compte|"
        "Statut client|Relation commerciale|Est client|Kontotyp|Kundenstatus|Beziehung|Ist Kunde"
    ),
    "customer number": (
        "Customer number|Debtor no|Billing ID|ERP key|SAP number|Numéro client|Code client|Compte tiers|"
        "Kundennummer|Debitorennummer|Rechnungskonto"
    ),
    "business done": (
        "Number of orders|Deals won|Lifetime value|Total revenue to date|Invoiced amount|Closed won deals|"
        "Total purchases|Nombre de commandes|Affaires gagnées|CA cumulé|Montant facturé|Total des achats|"
        "Anzahl Aufträge|Gewonnene Deals|Umsatz gesamt|Fakturierter Betrag|Bisherige Käufe"
    ),
    "last contact": (
        "Last contact date|Last activity date|Latest call|Last meeting on|Last modified|"
        "Date du dernier appel|Dernière activité|Dernier rendez-vous|"
        "Letzter Kontakt|Letzte Aktivität am|Letzter Anruf"
    ),
    "contacts so far": (
        "Number of meetings|Calls made|Number of notes|Count of emails|Contact attempts|Nombre d'appels|"
        "Nombre de rendez-vous|Nb de relances|Anzahl Termine|Anzahl Anrufe|Kontaktversuche"
    ),
}
SELLER_LEAKS = {
    "wins of the seller": (
        "Deals won this year|Win rate|Closed deals|Quota attainment|Conversion rate|Sales this quarter|"
        "Affaires gagnées|Taux de transformation|Ventes de l'année|Atteinte des objectifs|Abschlussquote|"
        "Gewonnene Deals|Verkäufe dieses Jahr|Zielerreichung"
    ),
}
ACCOUNT_INNOCENTS = {
    "size": "Employees|Headcount|Number of sites|Company size|Effectif|Nombre de sites|Mitarbeiter|Standorte",
    "revenue": "Annual revenue|Turnover|Chiffre d'affaires|CA annuel|Jahresumsatz|Umsatz pro Jahr",
    "industry": "Industry|Sector|Vertical|Secteur|Branche|Activité principale|Wirtschaftszweig|Domaine",
    "country": "Country|Region|Territory|Pays|Région|Land|Gebiet|Département|State",
    "founded": (
        "Founding year|Established|Company age|Gründungsjahr|Founded|Year of foundation|Registered on|"
        "Date de création|Immatriculation|Gegründet|Gründung"
    ),
    "outside rating": "Credit score|Payment index|Risk class|Cote de crédit|Score de solvabilité|Bonität",
}
SELLER_INNOCENTS = {
    "team": "Team|Sales office|Desk|Équipe|Agence|Abteilung|Vertriebsbüro",
    "seniority": "Years in company|Experience (years)|Ancienneté dans l'entreprise|Betriebsjahre|Berufsjahre",
}
KIND_LEAKS = (
    "Contract signed|Invoice sent|Onboarding call|Welcome mail|Kick-off booked|First order shipped|"
    "Contrat signé|Facture envoyée|Réunion de lancement|Bienvenue client|Vertrag unterzeichnet|"
    "Rechnung gesendet|Einführungstermin|step_90|evt_17|activity 204"
)
KIND_INNOCENTS = (
    "Demo requested|Quote requested|Page viewed|Newsletter opened|Webinar attended|Price list downloaded|"
    "Meeting booked|Démo demandée|Devis demandé|Page vue|Webinaire suivi|Rappel demandé|Demo angefragt|"
    "Angebot angefragt|Seite besucht|Termin gebucht|step_10|evt_3|activity 101"
)
