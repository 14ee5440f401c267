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
        "regression, and its log loss is level. At the second origin four of the five folds lie before the "
        "indicators move; on the fifth a line that reads them has a log loss of 0.462 and AUC 0.343, trees "
        "from a line without them 0.301 and 0.743, which therefore have three quarters of the mean. On the "
        "test it is the other way round: the rate goes from 6 % to 51 %, and the margins of these trees stay "
        "where they are. What is lost is the order of the months, not that of clients: AUC of the pooled "
        "test is 0.593 against 0.694 for the plain line, inside blocks of 1,000 calls 0.564 against 0.585. "
        "The rates, with a quarter of the mean and no indicator, cost 0.024 in log loss by their level alone "
        "(trees alone 0.562, AUC 0.588); they are believed because on the folds they cost nothing. "
        "No fold held a move like the test's, so nothing that is chosen on folds could know it."
    ),
}
