"""Whether the order of an export's rows behaves like time, where no date says when leads came."""

from features.row_order.arranged import RowOrder
from features.row_order.coming_back import most_come_back
from features.row_order.drift import LEVEL, drift_along
from features.row_order.judge import NONE, ROWS, judge_order

__all__ = ["LEVEL", "NONE", "ROWS", "RowOrder", "drift_along", "judge_order", "most_come_back"]
