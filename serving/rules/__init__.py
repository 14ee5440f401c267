"""The scorecard: points as data, bound to a recipe."""

from serving.rules.default import default_rules
from serving.rules.file import load_rules, parse_rules, read_rules, rules_text
from serving.rules.hubspot import from_hubspot, to_hubspot
from serving.rules.rules import Rules

__all__ = [
    "Rules",
    "default_rules",
    "from_hubspot",
    "load_rules",
    "parse_rules",
    "read_rules",
    "rules_text",
    "to_hubspot",
]
