"""Words of the sales process in English, French and German: what a name says of when a column was known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

When = Literal["at creation", "grows with the process", "written at the end", "unknown"]
"""When a column was known: with the lead, as the case goes on, when it ended, or nobody can tell."""


def _words(text: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(text.split())})\b")


_PLANNED = _words(
    r"planned plan expected estimated desired requested wanted wished preferred intended deadline due asked "
    r"budget\w* initial first previous prior before souhaite\w* prevue?s? demandee?s? estimee?s? echeance "
    r"limite voulue?s? precedente?s? premiere?s? gewunscht\w* wunsch\w* geplant\w* erwartet\w* angefragt\w* "
    r"\w*frist timeframe horizon fallig\w* erste[rsn]? vorherige[rsn]? stichtag since depuis seit"
)
_SPAN = _words(
    r"days? time hours? minutes? weeks? months? duration length elapsed velocity lag delay age duree delai "
    r"jours? heures? temps mois anciennete \w*dauer tagen? stunden zeit \w*zeit zeitanteil wochen monaten?"
)
_END = _words(
    r"clos(?:e|ed|ing|ure) won win wins lost loss conver(?:ted|sion) signed signing signature outcome result "
    r"decided decision end ended sale purchase cancell?ation arrival cloture gain gagnee? perte conclusion "
    r"vente achat fin annulation arrivee issue abschluss gewinn verlust kauf ende unterschrift stornierung "
    r"anreise abschluss\w* closing\w*"
)
_STAGES = _words(
    r"stages? pipeline cycle status phases? funnel opportunity proposal negotiation qualified validated "
    r"identified etapes? statut tunnel entonnoir parcours pipe negociation proposition phasen? stufen? "
    r"prozess trichter verhandlung angebot\w* \w*zyklus verkaufsphase vertriebsphase vertriebsprozess"
)
_SHARE = _words(r"ratio share percent\w* pct part proportion fraction pourcentage \w*anteil anteil")
_COUNT = _words(
    r"number num count counts nb nbr nombre total times anzahl \w*zahl wie oft how many combien sum \w*count"
)
_CHANGES = _words(
    r"changes? changed modifications? reschedul\w* revisions? reassign\w* transitions? moves? amendments? "
    r"changements? reports? passages? reaffectations? \w*wechsel \w*anderungen umbuchungen \w*verschiebungen"
)
_ALL_CHANGES = _words(
    r"changes modifications revisions transitions amendments changements reaffectations \w*anderungen "
    r"umbuchungen \w*verschiebungen (?:phasen|stufen|status|termin|besitzer)wechsel"
)
_TOUCHES = _words(
    r"calls? emails? mails? meetings? activit(?:y|ies) touch(?:es|points?)? contacts? contacted attempts? "
    r"followups? notes tasks interactions? appels? relances? rendez rdv visites? echanges activites? anrufe? "
    r"termine kontakte besuche notizen aktivitaten \w*versuche kontaktversuche visits? opens? clicks? "
    r"interaktionen nachfassaktionen kontaktaufnahmen"
)
_WORKED = re.compile(
    r"\b(?:calls?|e?mails?|meetings?|visits?) (?:made|held|sent|done)\b|\b(?:contact|call) attempts\b"
    r"|\b\w*kontaktversuche\b|\b(?:appels?|rendez vous|visites?) (?:passes|effectue\w*|tenus)\b|\brelances\b"
)
_LAST = _words(
    r"last latest recent dernier derniere dernieres derniers recente?s? letzte[rsn]? neueste[rsn]? zuletzt "
    r"jungste[rsn]? current actuel actuelle aktuelle[rsn]?"
)
_HAPPENED = _words(
    r"activit(?:y|ies) contact contacted touch engagement interaction action call visit login status stage "
    r"email mail note event opened? click update updated page notable modified activite appel visite echange "
    r"connexion etape statut ouverture aktivitat kontakt anruf besuch interaktion meldung anmeldung phase "
    r"kontaktiert aktion modifie reponse antwort meetings? appels? rendez termin anrufs?"
)
_SELLER = _words(
    r"leads? prospects? sellers? sales seller s rep reps agent opportunity deal commercial commerciale "
    r"vendeur pistes? affaire verkaufer\w* vertrieb\w* verkauf\w* kontakt\w* interessent\w* telesales "
    r"owner advisor conseiller berater\w* closer sdr bdr crm"
)
_OPINION = _words(
    r"quality rating rated score grade temperature heat profile assessment evaluation opinion estimate "
    r"confidence probability likelihood forecast priority tags? qualite note notation cote appreciation avis "
    r"probabilite chances? confiance priorite bewertung einschatzung einstufung qualitat prognose "
    r"wahrscheinlichkeit temperatur potential interest\w* maturite reife potentiel ranking index"
)
_OWN_OPINION = _words(
    r"likelihood forecast einschatzung\w* appreciation confidence \w+einschatzung lead\w*bewertung "
    r"abschlusswahrscheinlichkeit erfolgs\w+ (?:win|close|closing) (?:probability|chance|odds) "
    r"\w*(?:lead|kontakt)\w*(?:qualitat|bewertung|einstufung|temperatur) hot\w* warmth"
)
_NOT_THE_SELLERS = _words(
    r"credit bureau kredit\w* bonitat\w* product produit produkt\w* survey app review nps school risk "
    r"risque risiko"
)
_REASON = re.compile(
    r"\b(?:loss|lost|clos(?:e|ed|ing)|cancel\w*|reject\w*|decline\w*|churn|win|won|outcome|disqualif\w*"
    r"|perte|refus|abandon|cloture|annulation|echec|non vente|perdu)\b.*\b(?:reason|cause|code|comments?)s?\b"
    r"|\b(?:reason|cause|motif|raison|code|grund)s?\b.*\b(?:loss|lost|clos(?:e|ed|ing)|cancel\w*|rejection"
    r"|decline|churn|win|won|outcome|perte|refus|abandon|cloture|annulation|echec|perdu"
    r"|verlust\w*|absage|ablehnung|storno)\b"
    r"|\b(?:verlust|absage|ablehnungs|abschluss|storno|stornierungs)\w*grund\b"
)
_PAPERS = re.compile(
    r"\b(?:contract|invoice|policy|purchase order)\b.*\b(?:ref\w*|numbers?|no|signed|issued|dated?|sent)\b"
    r"|\bfinal (?:price|amount|offer|decision|status|quote)\b"
    r"|\b(?:prix|montant|offre) (?:final|definitif)\w*\b"
    r"|\b(?:numero|date|ref\w*)\b.*\b(?:contrat|facture)\b|\b(?:vertrags|rechnungs)(?:nummer|nr|datum)\b"
    r"|\bendgultig\w*\b|\bendpreis\b"
)
_BUSINESS = re.compile(
    r"\b(?:deals?|opportunit\w+|orders?|contracts?|invoices?|affaires?|ventes?|contrats?|auftrage?|vertrage?"
    r"|verkaufe)\b.*\b(?:won|closed|signed|gagnee?s?|conclue?s?|signee?s?|gewonnen\w*|abgeschlossen\w*)\b"
    r"|\b(?:won|closed|signed|gewonnene?|abgeschlossene?)\b.*\b(?:deals?|opportunit\w+|orders?|contracts?"
    r"|auftrage?|vertrage?|verkaufe)\b"
    r"|\b(?:number|num|count|nb|nombre|total|anzahl|bisherige|past)\b.*\b(?:orders|purchases|invoices|commandes"
    r"|achats|factures|auftrage|kaufe|rechnungen|bestellungen)\b"
    r"|\b(?:invoiced|billed|facturee?|fakturiert\w*)\b.*\b(?:amount|revenue|montant|betrag)\b"
    r"|\b(?:amount|revenue|montant|betrag|ca)\b.*\b(?:invoiced|billed|facturee?|cumulee?)\b"
    r"|\blifetime (?:value|revenue)\b|\b(?:revenue|sales|orders|spend\w*) to date\b|\bgesamtumsatz\b"
    r"|\bumsatz gesamt\b"
)
_SUCCESS = re.compile(
    r"\b(?:win|won|closing|close|conversion|success|hit) (?:rate|ratio|percentage)\b|\bquota attainment\b"
    r"|\btaux de (?:transformation|conversion|reussite|closing|succes)\b|\batteinte (?:des )?objectifs?\b"
    r"|\b(?:abschluss|erfolgs|konversions|gewinn)(?:quote|rate)\b|\bzielerreichung\b"
    r"|\b(?:sales|verkaufe) (?:this|last|diese[snm]?|letzte[snm]?)"
    r" (?:year|quarter|month|jahr|quartal|monat)\b"
    r"|\bventes d[eu] (?:l )?(?:annee|trimestre|mois)\b"
)
_A_YEAR = _words(r"per par pro yearly annual\w* monthly wanted")
"""How much a company buys in a year is what it is, not what it has bought here."""
_CUSTOMER = re.compile(
    r"(?:is|est|ist) (?:an? )?(?:customer|client|kunde)"
    r"|(?:customer|client|kunden|debtor|debitor\w*) ?(?:status|state|number|no|code|key|nummer|nr)"
    r"|(?:numero|code|statut|n) (?:de )?(?:client|debiteur)|compte tiers|billing (?:id|account)"
    r"|(?:erp|sap) (?:key|number|id|no|nummer)|lifecycle stage|rechnungskonto"
)
_CUSTOMERS = frozenset(
    ("customer", "client", "kunde", "active customer", "existing customer", "client actif", "client existant")
)
_LOST_MARK = re.compile(
    r"(?:is |est |ist |marked |lead |marked as )?(?:lost|(?:dis|un|non )qualified|not qualified|rejected"
    r"|refused|declined|dead|junk|churned|not interested|perdue?|disqualifiee?|non qualifiee?|rejetee?"
    r"|refusee?|sans suite|pas interessee?|verloren|(?:dis|un)qualifiziert|nicht qualifiziert|abgelehnt"
    r"|kein interesse)(?: lead)?"
)


def marks_lost(name: str) -> bool:
    """Whether a yes to a column of this name says that a lead was lost.

    >>> marks_lost("unqualified"), marks_lost("est perdu"), marks_lost("lost luggage")
    (True, True, False)
    """
    return _LOST_MARK.fullmatch(name) is not None


@dataclass(frozen=True)
class Hint:
    """What a name says: when the column was known, what it seems to be, and whether it names a plan.

    Where it is not `sure`, honest columns have such names too: it counts if the cells say something as well.
    """

    when: When
    what: str
    planned: bool = False
    sure: bool = True


_MARK = Hint("grows with the process", "the mark of a customer, as of now", sure=False)


def hint_of(name: str) -> Hint | None:
    """What the words of a name say, as `features.profiles.plain` writes it; None where they say nothing.

    >>> hint_of("total days through closing"), hint_of("stage change count").when
    (Hint(when='written at the end', what='a time until the end', planned=False), 'grows with the process')
    >>> hint_of("desired closing date").planned, hint_of("industry")
    (True, None)
    """
    if _PLANNED.search(name) and not _ALL_CHANGES.search(name):
        return Hint("at creation", "a plan, or what was before", planned=True)
    found = _end(name) or _growth(name)
    if found:
        return Hint(*found)
    if (_BUSINESS.search(name) or _SUCCESS.search(name)) and not _A_YEAR.search(name):
        return Hint("grows with the process", "what has been sold so far", sure=False)
    return _MARK if _CUSTOMER.fullmatch(name) else None


def hint_of_values(values: Iterable[str]) -> Hint | None:
    """What the values of a category say: that some of the companies are customers, which they became."""
    return _MARK if _CUSTOMERS & set(values) else None


def _end(name: str) -> tuple[When, str] | None:
    """What is known when the case is over."""
    if marks_lost(name):
        return "written at the end", "the mark of a lost lead"
    if _REASON.search(name):
        return "written at the end", "the reason of an end"
    if _PAPERS.search(name):
        return "written at the end", "a paper that an agreement brings"
    spans = _SPAN.search(name) is not None
    if _SHARE.search(name) and (spans or _STAGES.search(name)):
        return "written at the end", "a share of the whole time"
    if spans and _END.search(name):
        return "written at the end", "a time until the end"
    if spans and _STAGES.search(name):
        return "written at the end", "a time spent in stages"
    return None


def _growth(name: str) -> tuple[When, str] | None:
    """What there is more of, or what is replaced, as the case goes on."""
    grows: When = "grows with the process"
    if _ALL_CHANGES.search(name) or (_COUNT.search(name) and (_CHANGES.search(name) or _STAGES.search(name))):
        return grows, "a count of changes"
    if _LAST.search(name) and _HAPPENED.search(name):
        return grows, "what happened last, when the file was written"
    if _OPINION.search(name) and not _NOT_THE_SELLERS.search(name):
        if _SELLER.search(name) or _OWN_OPINION.search(name):
            return grows, "what a seller thinks of the lead"
    elif _OWN_OPINION.search(name):
        return grows, "what a seller thinks of the lead"
    if _WORKED.search(name) or (_COUNT.search(name) and _TOUCHES.search(name)):
        return grows, "a count of contacts"
    return None
