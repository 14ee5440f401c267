"""What became of leads, told back to the ad platforms that they came from."""

from serving.conversions.candidates import GRANTED, Candidates, Conversion, candidates_of
from serving.conversions.files import files_of
from serving.conversions.platforms import PLATFORMS, Platform
from serving.conversions.sent import SentLog, UploadPlan, logged, plan_upload, read_log

__all__ = [
    "GRANTED",
    "PLATFORMS",
    "Candidates",
    "Conversion",
    "Platform",
    "SentLog",
    "UploadPlan",
    "candidates_of",
    "files_of",
    "logged",
    "plan_upload",
    "read_log",
]
