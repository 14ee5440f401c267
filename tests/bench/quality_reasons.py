"""Why leadscore wins or loses on a data set, written after looking at training rows."""

from __future__ import annotations

REASONS = {
    "olist": (
        "Why: the signal is two categories, landing page and origin, most pages with few leads. Models that "
        "add up shrunken levels are hard to beat there; boosted trees and forests with default settings "
        "learn the rare pages by heart."
    ),
    "bpic2012": (
        "Why: snapshots of one application resemble each other, so whoever chooses settings on random folds "
        "(early stopping, stacking) believes too much; leadscore chooses on later applications and stays "
        "calibrated."
    ),
    "bank_marketing": (
        "Why: conversion goes from 4 % to 50 % while five national indicators change, and indicators name a "
        "month more than a client. Trees cannot follow them beyond what they have seen; a linear model can, "
        "for better (at this test) or for worse (at the turn of 2009, inside the training rows)."
    ),
}
