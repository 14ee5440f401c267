"""Kind, settings, rung and segment's own scorer: on inner folds and an earlier origin, never on the test."""
