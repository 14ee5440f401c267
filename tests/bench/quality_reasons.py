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
        "regression, and its log loss is level or better. At the second origin four of the five folds lie "
        "before the indicators move; on the fifth a line that reads them all has a log loss of 0.462 and AUC "
        "0.343, trees from a line without the calendar 0.301 and 0.743, which therefore answer alone. On the "
        "test it is the other way round: the rate goes from 6 % to 51 %, and the margins of these trees move "
        "less. What is lost is the order of the months, not that of clients. Rates and trees without a line "
        "were a quarter of the mean before, and cost 0.022 in log loss by their level alone; where a number "
        "is a calendar they now need a sure gain on the newest fold. No fold held a move like the test's, so "
        "nothing that is chosen on folds could know the order of its months."
    ),
}
