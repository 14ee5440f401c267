"""From a score to what is done: stage, action, sequence, owner."""
