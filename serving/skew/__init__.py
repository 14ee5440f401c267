"""Does serving read a lead as training does?"""

from serving.skew.log import RequestLog

__all__ = ["RequestLog"]
