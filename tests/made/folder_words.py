"""The words of made folders: the same company as English, French and German people and an API name it."""

from __future__ import annotations

KEYS = (
    "leads", "events", "id", "created", "source", "size", "result", "won", "lost", "previous", "odd",
    "qualified", "customer", "yes", "no", "deals", "stage", "closed", "accounts", "account", "industry",
    "products", "product", "price", "sellers", "seller", "team", "kind", "at", "visit", "call", "quantity",
    "newsletter", "email", "is closed",
)  # fmt: skip

_ENGLISH = (
    "leads,activities,Lead ID,Created,Source,Size,Result,Won,Lost,Previous result,Took up,Qualified,"
    "Customer,Yes,No,sales_pipeline,Deal stage,Close date,accounts,Account,Industry,products,Product,Price,"
    "sales_teams,Sales agent,Team,Activity,Date,Visit,Call,Quantity,Newsletter,Email,"
    "Closed"
)
_FRENCH = (
    "pistes,activites,Numéro de piste,Date de création,Origine,Effectif,Résultat,Gagné,Perdu,"
    "Résultat précédent,A donné suite,Qualifié,Client,Oui,Non,affaires,Étape,Date de signature,comptes,"
    "Compte,Secteur,produits,Produit,Prix,equipes,Vendeur,Équipe,Activité,Date,Visite,Appel,Quantité,"
    "Infolettre,Courriel,Clôturé"
)
_GERMAN = (
    "kontakte,aktivitaeten,Kontakt-ID,Angelegt am,Quelle,Mitarbeiter,Ergebnis,Gewonnen,Verloren,"
    "Vorheriges Ergebnis,Kam zustande,Qualifiziert,Kunde,Ja,Nein,verkaufschancen,Phase,Abschlussdatum,firmen,"
    "Firma,Branche,produkte,Produkt,Preis,teams,Verkäufer,Team,Aktivität,Datum,Besuch,Anruf,Menge,Rundbrief,"
    "E-Mail,Abgeschlossen"
)
_API = (
    "Lead,Task,LeadId,CreatedDate,LeadSource,NumberOfEmployees,Result__c,Closed Won,Closed Lost,"
    "Last_Campaign_Outcome__c,Flag7__c,IsQualified,IsConverted,true,false,Opportunity,StageName,CloseDate,"
    "Account,AccountName,Industry,Product2,ProductName,UnitPrice,User,OwnerName,Division,Type,ActivityDate,"
    "Meeting,Call,Quantity,Newsletter__c,Email,IsClosed"
)

DIALECTS = {
    name: dict(zip(KEYS, words.split(","), strict=True))
    for name, words in {"english": _ENGLISH, "french": _FRENCH, "german": _GERMAN, "api": _API}.items()
}
