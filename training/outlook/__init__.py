"""When leads convert and what they bring: fitted given that they do, judged on newer rows."""

from training.outlook.amounts import Amounts, amounts_of, fit_amount
from training.outlook.judged import judge_outlook
from training.outlook.waiting import choose_when, fit_when

__all__ = ["Amounts", "amounts_of", "choose_when", "fit_amount", "fit_when", "judge_outlook"]
