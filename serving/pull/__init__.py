"""What is fetched from vendors: journals of changes, answers of lead forms; exactly once, in order."""

from serving.pull.answers import AnswersSource, pull_answers
from serving.pull.forms import linkedin_answers, meta_answers
from serving.pull.hubspot import HubSpotJournal
from serving.pull.journal import Pulled, pull_journal, row_reader

__all__ = [
    "AnswersSource",
    "HubSpotJournal",
    "Pulled",
    "linkedin_answers",
    "meta_answers",
    "pull_answers",
    "pull_journal",
    "row_reader",
]
