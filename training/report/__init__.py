"""The page of a run, for a sales manager and a data scientist alike."""

from training.report.input import report_input
from training.report.leaks import suspects_table
from training.report.plots import plot_calibration, plot_gains
from training.report.report import write_report
from training.report.rows import rows_section

__all__ = ["plot_calibration", "plot_gains", "report_input", "rows_section", "suspects_table", "write_report"]
