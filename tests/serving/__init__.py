"""How columns become an answer, and how the answer reaches people and machines."""
