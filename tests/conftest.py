"""What every test stands on: laws are tried on the same examples each time, so a red run can be repeated.

HYPOTHESIS_PROFILE=explore looks for new counter-examples.
"""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=400)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
