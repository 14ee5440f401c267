"""What a company has agreed on, as files: hours, attempts, owners, sequences, consent, law, promises."""

from serving.agreed.agreement import Agreement, load_agreement
from serving.agreed.book import Playbook, parse_playbook
from serving.agreed.hours import WorkCalendar
from serving.agreed.law import law_of
from serving.agreed.starter import starter
from serving.agreed.toml_file import read_text

__all__ = [
    "Agreement",
    "Playbook",
    "WorkCalendar",
    "law_of",
    "load_agreement",
    "parse_playbook",
    "read_text",
    "starter",
]
