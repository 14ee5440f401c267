"""What a job says to people: its kind, its step, how it stands; in their language where we know the words."""

from __future__ import annotations

from features.language import Language
from serving.desk.sentences import tell
from serving.jobs import Job
from serving.page import Child, Markup, Visitor, tag
from serving.words.translation import translated_text

_KINDS = {
    "score": ("Score a file", "Noter un fichier"),
    "init": ("Look at exports", "Examiner des exports"),
    "inspect": ("Inspect every field", "Inspecter chaque champ"),
    "train": ("Train a model", "Entraîner un modèle"),
    "promote": ("Let a model answer", "Mettre un modèle en service"),
    "rollback": ("Let the former model answer", "Revenir au modèle précédent"),
    "status": ("Look at the registry", "Consulter le registre"),
    "funnel": ("Count the funnel", "Calculer l’entonnoir"),
    "accounts": ("Roll accounts up", "Regrouper les comptes"),
    "watch": ("Watch the model", "Surveiller le modèle"),
    "plan": ("Make today’s list", "Préparer la liste du jour"),
}
_STATES = {
    "waiting": ("waiting", "en attente"),
    "running": ("at work", "en cours"),
    "done": ("done", "terminé"),
    "failed": ("failed", "échec"),
    "cancelled": ("cancelled", "annulé"),
}
_STEPS = (
    ("reading exports", "lecture des exports"),
    ("reading tables", "lecture des tables"),
    ("reading", "lecture des données"),
    ("checking", "vérification"),
    ("hashing", "empreinte des données"),
    ("loading", "chargement du modèle"),
    ("looking", "examen de l’export"),
    ("scoring", "notation des prospects"),
    ("computing", "calcul des variables"),
    ("choosing", "choix des réglages"),
    ("searching", "recherche des réglages"),
    ("judging from", "jugement depuis une date antérieure"),
    ("judging", "jugement sur les prospects les plus récents"),
    ("fitting again", "réapprentissage jusqu’à la fin de l’historique"),
    ("fitting", "apprentissage"),
    ("writing", "rédaction du rapport"),
    ("recording", "enregistrement"),
    ("taking", "prise des instantanés"),
    ("measuring", "mesure des champs"),
    ("counting", "calcul"),
)


_RUNGS = {
    "model": ("the model", "le modèle"), "bayes": ("Bayes rates", "taux bayésiens"),
    "rules": ("the scorecard", "la grille de points"),
}  # fmt: skip


def rung_words(who: Visitor, rung: str) -> str:
    """A rung of the ladder in the reader's language."""
    return who.say(*_RUNGS.get(rung, (rung, rung)))


def kind_words(job: Job, who: Visitor) -> str:
    """What is done."""
    return who.say(*_KINDS.get(job.kind, (job.kind, job.kind)))


def state_badge(job: Job, who: Visitor) -> Markup:
    """How it stands, in a word."""
    return tag("span", who.say(*_STATES[job.state]), class_=f"badge {job.state}")


def step_words(job: Job, who: Visitor) -> str:
    """What is done now; what is not known in French stays in the command's words."""
    if job.state == "waiting":
        return tell(who, "waiting_for_its_turn")
    french = next((words for begin, words in _STEPS if job.step.startswith(begin)), job.step)
    words = who.say(job.step, french) or tell(who, "starting")
    return words[:1].upper() + words[1:]


def command_words(text: str, who: Visitor) -> Child:
    """What the command said, in the language of the reader as far as we know the words."""
    said = translated_lines(text, who.language)
    return tag("div", *[_line(line, was, who) for line, was in said]) if said else None


def translated_lines(text: str, language: Language) -> list[tuple[str, str]]:
    """Each line of a text as it is told, and as it was: sentence by sentence where it is not known whole."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return [(translated_text(line, language), line) for line in lines]


def _line(told: str, was: str, who: Visitor) -> Markup:
    """A paragraph, marked where it stayed English."""
    return tag("p", told, lang="en" if told == was and who.language != "en" else None)


def way(label: str, path: str, *, main: bool = False) -> Markup:
    """A link that looks like a button; `main` for what most people want next."""
    return tag("a", label, href=path, class_="button main" if main else "button")
