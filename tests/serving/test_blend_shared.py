"""Members of a blend share equal parts, whatever these have computed before."""

from __future__ import annotations

from dataclasses import replace

from serving.scorers.blend import Blend
from tests.made.scorers import columns, trees


def test_an_encoder_that_has_encoded_is_found_equal_and_shared() -> None:
    first, second = trees(), trees()
    for one in (first, second):
        one.margin(columns(one.features, 20))  # an encoder keeps arrays of what it has read
    blend = Blend((first, second))
    assert blend.members[0].encoder is blend.members[1].encoder
    other = second.encoder.model_copy(update={"typical": {"company_size": 0.125}})
    apart = Blend((first, replace(second, encoder=other)))
    assert apart.members[0].encoder is not apart.members[1].encoder
