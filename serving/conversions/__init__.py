"""What became of leads, told back to the ad platforms that they came from."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.conversions.apis import APIS as APIS
    from serving.conversions.apis import PlatformLine as PlatformLine
    from serving.conversions.candidates import GRANTED as GRANTED
    from serving.conversions.candidates import candidates_of as candidates_of
    from serving.conversions.files import files_of as files_of
    from serving.conversions.platforms import PLATFORMS as PLATFORMS
    from serving.conversions.requests import to_send as to_send
    from serving.conversions.sending import ConversionRun as ConversionRun
    from serving.conversions.sending import kept_log as kept_log
    from serving.conversions.sent import SentLog as SentLog
    from serving.conversions.sent import joined as joined
    from serving.conversions.sent import logged as logged
    from serving.conversions.sent import plan_upload as plan_upload
    from serving.conversions.sent import read_log as read_log

_PLACES = {
    "serving.conversions.apis": ["APIS", "PlatformLine"],
    "serving.conversions.candidates": ["GRANTED", "candidates_of"],
    "serving.conversions.files": ["files_of"],
    "serving.conversions.platforms": ["PLATFORMS"],
    "serving.conversions.requests": ["to_send"],
    "serving.conversions.sending": ["ConversionRun", "kept_log"],
    "serving.conversions.sent": ["SentLog", "joined", "logged", "plan_upload", "read_log"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
