"""What the folds chose is kept under the names that manifests have had from the first."""

from __future__ import annotations

import json

from serving.calibration.maps import MonotoneMap
from training.calibration.maps import MapChoice
from training.fitting.encode import Reading
from training.fitting.settings import BlendShare, LinearChoice, Settings, TreeChoice


def test_settings_are_kept_one_level_deep_and_in_order():
    settings = Settings(
        kind="mean",
        linear=LinearChoice(30.0, Reading(logs=True, crossed=True), left_out=("month",)),
        trees=TreeChoice(40, booster={"num_leaves": 7}, calendars=("month", "index")),
        plain_penalty=0.3,
        map=MapChoice("platt", MonotoneMap.platt(0.5, -1.0), (MonotoneMap.identity(),) * 2),
        half_life=0.5,
        losses={"linear": 0.25, "mean": 0.125},
        folds=3,
    )
    assert json.dumps(settings.as_dict()) == (
        '{"kind": "mean", "rounds": 40, "penalty": 30.0, "plain_penalty": 0.3, '
        '"calibration": {"margins": [0.0, 1.0], "log_odds": [-1.0, -0.5]}, '
        '"losses": {"linear": 0.25, "mean": 0.125}, "folds": 3, "logs": true, "crossed": true, '
        '"calendars": ["month", "index"], "left_out": ["month"], "booster": {"num_leaves": 7}, '
        '"map_name": "platt", "half_life": 0.5}'
    )


def test_the_moving_level_and_the_pairs_of_every_member_are_kept():
    line, paired = LinearChoice(1.0), TreeChoice(40, pairs=(("size", "month"),))
    share = BlendShare("trees", 0.6, line, paired)
    other = BlendShare("linear", 0.4, line, paired)
    settings = Settings("blend", line, paired, 1.0, members=(share, other), follows=True)
    told = settings.as_dict()
    assert told["follows"] is True
    assert told["pairs"] == told["members"][0]["pairs"] == [["size", "month"]]
    assert "pairs" not in told["members"][1]
