"""The checklists that sales fill in, such as BANT: what is answered, the verdict, the next question."""

from serving.qualification.methods import METHODS, Checklist, checklist
from serving.qualification.state import Qualified, check_items, qualified

__all__ = ["METHODS", "Checklist", "Qualified", "check_items", "checklist", "qualified"]
