"""What every test stands on: laws are tried on the same examples each time, so a red run can be repeated.

HYPOTHESIS_PROFILE=explore looks for new counter-examples.
"""

from __future__ import annotations

import os

from hypothesis import Phase, settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=400)
settings.register_profile(  # a planted fault must be noticed soon, not explained: no shrinking
    "mutants", derandomize=True, deadline=None, max_examples=25, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))
