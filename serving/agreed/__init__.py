"""What a company has agreed on, as files: hours, attempts, owners, sequences, consent and law."""

from serving.agreed.book import Playbook, parse_playbook
from serving.agreed.law import law_of
from serving.agreed.starter import starter
from serving.agreed.toml_file import read_text

__all__ = ["Playbook", "law_of", "parse_playbook", "read_text", "starter"]
