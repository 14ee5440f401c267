"""How a recipe says that numbers and dates are written."""

from __future__ import annotations

from typing import Literal

NumberFormat = Literal["decimal_point", "decimal_comma"]
DateFormat = Literal["iso", "dmy", "mdy", "ymd", "excel", "excel_dmy", "excel_mdy", "epoch_s", "epoch_ms"]
"""How the dates of a column are written; `excel_dmy`: Excel's day counts beside texts such as 31/12/2025."""
ValueFormat = Literal[
    "decimal_point", "decimal_comma",
    "iso", "dmy", "mdy", "ymd", "excel", "excel_dmy", "excel_mdy", "epoch_s", "epoch_ms",
]  # fmt: skip
"""What a recipe may say of a column: the decimal mark of its numbers, or how its dates are written."""
