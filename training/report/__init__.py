"""The page of a run, for a sales manager and a data scientist alike."""

from training.report.evidence.curves import write_curves
from training.report.input import report_input
from training.report.leaks import suspects_table
from training.report.report import write_report
from training.report.rows import rows_section
from training.report.run_summary import EarlierTest, RunSummary

__all__ = [
    "EarlierTest",
    "RunSummary",
    "report_input",
    "rows_section",
    "suspects_table",
    "write_curves",
    "write_report",
]
