"""Why leadscore wins or loses: measured on training rows for the bank, an explanation elsewhere."""

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
        "Why: conversion goes from 4 % to 50 % while five national indicators change, and these name a "
        "month more than a client. Trees cannot follow them beyond what they have seen, so leadscore lets "
        "only a line read such calendars: at the main origin that ranks as well as the best logistic "
        "regression, and its log loss is level. The training rows of the second origin hold the break of "
        "2009: on their folds a line that reads the indicators has a log loss of 0.291, one without those "
        "that look like calendars 0.257. On the test indicators fall on, and a plain line, which goes on, is "
        "better in both figures. Nothing in the training rows foretold it; "
        "the mean of kinds, which was to mend this, did not (0.5858 and AUC 0.593, where the one kind that "
        "was best on the folds had 0.5823 and 0.647)."
    ),
}
