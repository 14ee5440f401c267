"""Which rung answers, and how its numbers become a Score with reasons."""
