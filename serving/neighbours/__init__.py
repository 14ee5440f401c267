"""What the other leads of an account did, as a ledger knows it: the online reading of account features."""

from serving.neighbours.beside import Beside
from serving.neighbours.told import Neighbours, neighbours_of

__all__ = ["Beside", "Neighbours", "neighbours_of"]
