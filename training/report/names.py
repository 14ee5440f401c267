"""What scorers are called on a page, and how they look there: colour, dashes and mark, for eyes and paper."""

from __future__ import annotations

NAMES = {
    "model": "the model",
    "champion": "the present champion",
    "limit": "perfect knowledge",
    "logistic": "logistic regression",
    "bayes": "Bayes rates",
    "rules": "the scorecard rules",
    "pls": "Odoo's predictive lead scoring",
    "newest_first": "newest first",
    "base_rate": "any order",
}
"""Scorers as people call them, in the order in which a page names them; others keep their own name."""


def named(scorer: str) -> str:
    """`scorer` as people call it.

    >>> named("base_rate"), named("peer")
    ('any order', 'peer')
    """
    return NAMES.get(scorer, scorer)
