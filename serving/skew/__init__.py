"""Does serving read a lead as training does?"""

from serving.skew.kept import check_skew_kept
from serving.skew.log import RequestLog

__all__ = ["RequestLog", "check_skew_kept"]
