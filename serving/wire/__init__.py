"""A lead and its score as JSON: what was sent, item by item, and what is answered, with flat copies."""
