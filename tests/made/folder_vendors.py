"""Dumps of five CRMs as their exports name things: deals, accounts, products, owners, activities."""

from __future__ import annotations

KEYS = (
    "id",
    "created",
    "stage",
    "won",
    "lost",
    "open",
    "closed",
    "seller",
    "account",
    "amount",
    "product",
    "files",
)

_TEXTS = {
    "hubspot": (
        "Record ID|Create Date|Deal Stage|Closed Won|Closed Lost|Appointment Scheduled|Close Date|Deal owner|"
        "Associated Company|Amount|Line item|all-deals,companies,products,owners,activities",
        "ID de fiche d'informations|Date de création|Phase de la transaction|Fermé gagné|Fermé perdu|"
        "Rendez-vous planifié|Date de fermeture|Propriétaire de la transaction|Entreprise associée|Montant|"
        "Produit associé|transactions,entreprises,produits,proprietaires,activites",
        "Datensatz-ID|Erstellungsdatum|Deal-Phase|Abgeschlossen und gewonnen|Abgeschlossen und verloren|"
        "Termin geplant|Abschlussdatum|Zuständiger Mitarbeiter|Zugeordnetes Unternehmen|Betrag|Artikel|"
        "deals,unternehmen,produkte,mitarbeiter,aktivitaeten",
        "hs_object_id|createdate|dealstage|closedwon|closedlost|appointmentscheduled|closedate|"
        "hubspot_owner_id|associatedcompanyid|amount|hs_product_id|deals,companies,products,owners,engagement_activities",
    ),
    "salesforce": (
        "Opportunity ID|Created Date|Stage|Closed Won|Closed Lost|Prospecting|Close Date|Opportunity Owner|"
        "Account ID|Amount|Product ID|Opportunities,Accounts,Products,Users,Activities",
        "ID de l'opportunité|Date de création|Étape|Fermée gagnée|Fermée perdue|Prospection|"
        "Date de fermeture|Propriétaire de l'opportunité|ID du compte|Montant|ID du produit|"
        "opportunites,comptes,produits,utilisateurs_users,activites",
        "Opportunity-ID|Erstelldatum|Phase|Geschlossen gewonnen|Geschlossen verloren|Akquise|Schlusstermin|"
        "Opportunity-Inhaber|Account-ID|Betrag|Produkt-ID|opportunities,accounts,produkte,users,aktivitaeten",
        "Id|CreatedDate|StageName|Closed Won|Closed Lost|Prospecting|CloseDate|OwnerId|AccountId|Amount|"
        "Product2Id|Opportunities,Account,Product2,Users,Activity",
    ),
    "dynamics": (
        "Opportunity|Created On|Status|Won|Lost|Open|Actual Close Date|Owner|Account|Est. Revenue|Product|"
        "Opportunities,Accounts,Products,Users,Activities",
        "Opportunité|Créé le|Statut|Gagnée|Perdue|Ouverte|Date de fermeture réelle|Propriétaire|Compte|"
        "Revenu estimé|Produit|opportunites,comptes,produits,equipes,activites",
        "Verkaufschance|Erstellt am|Status|Gewonnen|Verloren|Offen|Tatsächliches Abschlussdatum|Besitzer|"
        "Firma|Gesch. Umsatz|Produkt|verkaufschancen,firmen,produkte,teams,aktivitaeten",
        "opportunityid|createdon|statecode|Won|Lost|Open|actualclosedate|ownerid|accountid|estimatedvalue|"
        "productid|opportunities,accounts,products,users,activities",
    ),
    "pipedrive": (
        "Deal - ID|Deal - Deal created|Deal - Status|Won|Lost|Open|Deal - Deal closed on|Deal - Owner|"
        "Deal - Organization|Deal - Value|Deal - Product|deals,organizations,products,users,activities",
        "Affaire - ID|Affaire - Affaire créée|Affaire - Statut|Gagné|Perdu|Ouvert|"
        "Affaire - Affaire conclue le|Affaire - Propriétaire|Affaire - Organisation|"
        "Affaire - Valeur|Affaire - Produit|"
        "affaires,organisations_comptes,produits,vendeurs,activites",
        "Deal - ID|Deal - Deal erstellt|Deal - Status|Gewonnen|Verloren|Offen|Deal - Deal abgeschlossen am|"
        "Deal - Besitzer|Deal - Organisation|Deal - Wert|Deal - Produkt|"
        "deals,organisationen_firmen,produkte,teams,aktivitaeten",
        "id|add_time|status|won|lost|open|close_time|user_id|org_id|value|product_id|"
        "deals,organizations,products,users,activities",
    ),
    "zoho": (
        "Deal Id|Created Time|Stage|Closed Won|Closed Lost|Qualification|Closing Date|Deal Owner|"
        "Account Name|Amount|Product Name|Deals,Accounts,Products,Users,Activities",
        "ID de transaction|Heure de création|Étape|Clôturé gagné|Clôturé perdu|Qualification|Date de clôture|"
        "Propriétaire de transaction|Nom du compte|Montant|Nom du produit|"
        "transactions_affaires,comptes,produits,vendeurs,activites",
        "Abschluss-ID|Erstellungszeit|Stufe|Abgeschlossen gewonnen|Abgeschlossen verloren|Qualifikation|"
        "Abschlussdatum|Besitzer des Abschlusses|Firmenname|Betrag|Produktname|"
        "abschluesse_deals,firmen,produkte,teams,aktivitaeten",
        "id|Created_Time|Stage|Closed Won|Closed Lost|Qualification|Closing_Date|Owner_Id|Account_Id|Amount|"
        "Product_Id|Deals,Accounts,Products,Users,Activities",
    ),
}  # fmt: skip

VENDORS = {
    vendor: {
        dialect: dict(zip(KEYS, text.split("|"), strict=True))
        for dialect, text in zip(("english", "french", "german", "api"), texts, strict=True)
    }
    for vendor, texts in _TEXTS.items()
}
"""Vendor → dialect → what things are called; `files`: deals, accounts, products, owners, activities."""
