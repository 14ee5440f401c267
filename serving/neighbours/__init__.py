"""What the other leads of an account did, as a ledger knows it: the online reading of account features."""

from serving.neighbours.told import Neighbours, neighbours_of

__all__ = ["Neighbours", "neighbours_of"]
