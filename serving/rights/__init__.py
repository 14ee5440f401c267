"""What a person may ask of who scores them: to be told, deleted with a receipt, and kept no longer."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from serving.rights.notice import notice_page as notice_page
    from serving.rights.notice import notice_text as notice_text
    from serving.rights.person import told_to_person as told_to_person
    from serving.rights.policy import PrivacyPolicy as PrivacyPolicy
    from serving.rights.policy import load_policy as load_policy
    from serving.rights.receipts import DeletionReceipt as DeletionReceipt
    from serving.rights.receipts import back_again as back_again
    from serving.rights.receipts import delete_person as delete_person
    from serving.rights.receipts import receipts_of as receipts_of
    from serving.rights.runs import RetentionRun as RetentionRun
    from serving.rights.runs import keep_for as keep_for
    from serving.rights.runs import runs_of as runs_of

_PLACES = {
    "serving.rights.notice": ["notice_page", "notice_text"],
    "serving.rights.person": ["told_to_person"],
    "serving.rights.policy": ["PrivacyPolicy", "load_policy"],
    "serving.rights.receipts": ["DeletionReceipt", "back_again", "delete_person", "receipts_of"],
    "serving.rights.runs": ["RetentionRun", "keep_for", "runs_of"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
