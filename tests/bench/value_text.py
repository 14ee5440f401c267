"""The table in docs/measured.md of what leads were expected to bring and what came, by tenth: `value.csv`."""

from __future__ import annotations

import pandas as pd

BEGIN, END = "<!-- value: begin -->", "<!-- value: end -->"
_LAST = "by value over by probability"


def value_section(results: pd.DataFrame) -> str:
    """One line a tenth, and what the best tenth by value brings beside that by probability."""
    about = results.iloc[0]
    known = results.set_index("tenth")
    more = known.loc[_LAST]
    lines = [
        f"{int(about['companies'])} simulated companies of {int(about['leads']):,} leads:",
        "",
        "| tenth by expected value | converted rows | expected | came | came ÷ expected |",
        "|---|---|---|---|---|",
        *(_line(str(name), row) for name, row in known.drop(index=_LAST).iterrows()),
        "",
        f"The best tenth by value brought {_span(more)} times what the best tenth by probability brought.",
    ]
    return "\n".join(lines) + "\n"


def _line(name: str, row: pd.Series) -> str:
    money = (f"{row[key]:,.0f}" for key in ("expected", "came"))
    return "| " + " | ".join([name, f"{int(row['won']):,}", *money, _span(row)]) + " |"


def _span(row: pd.Series) -> str:
    return f"{row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
