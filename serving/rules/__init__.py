"""The scorecard: points as data, bound to a recipe."""

from serving.rules.default import default_rules
from serving.rules.file import load_rules, parse_rules, read_rules, rules_text
from serving.rules.rules import Rules

__all__ = ["Rules", "default_rules", "load_rules", "parse_rules", "read_rules", "rules_text"]
