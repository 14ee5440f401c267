"""The gate: which evidence lets a model replace what answers today. Arithmetic only; it moves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, ConfigDict

from features.recipe import Gate
from training.judging.evidence import BASELINES, INCUMBENTS, JUDGED, POOLED, Evidence
from training.judging.groups import Group

SEGMENT_AUC = 0.02
"""How much worse than the incumbent a segment may be ordered: less is seldom felt by who works the list."""

Verdict = Literal["promote", "refuse", "nothing_to_learn"]


class Check(BaseModel):
    """One condition of the gate, whether it holds, and the numbers that say so."""

    model_config = ConfigDict(frozen=True)

    name: str
    passed: bool
    words: str


class Judgement(BaseModel):
    """The verdict and every check behind it."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    incumbent: str
    checks: tuple[Check, ...]

    @property
    def reasons(self) -> tuple[str, ...]:
        """The words of the checks that failed."""
        return tuple(check.words for check in self.checks if not check.passed)


def judge(evidence: Evidence, gate: Gate) -> Judgement:
    """Whether the evidence lets the model be served.

    It must beat the incumbent (the champion, or the rung that answers without one) and the base rate in log
    loss, both beyond the interval: each alone is won by noise once in forty times, so both together at most
    as often. Where the newest test is small that gain is taken over several origins (see `pooled`). On the
    newest no baseline may beat it beyond its interval; enough converted leads must stand in the tests.
    A veto holds only when the interval lies outside the band and the incumbent is nearer to it: by its point
    alone a quarter of perfect models would be vetoed on a small test. The same holds inside each segment.
    """
    if not learned(evidence):
        return _nothing(evidence)
    incumbent = incumbent_of(evidence)
    checks = (
        _enough(evidence, incumbent, gate),
        *(_gain(evidence, name) for name in dict.fromkeys((incumbent, "base_rate"))),
        *(_not_beaten(evidence, name) for name in BASELINES if evidence.row(name) is not None),
        _veto(evidence, incumbent, "slope", gate.slope),
        _veto(evidence, incumbent, "observed_expected", gate.observed_expected),
        _segments(evidence, incumbent, gate.observed_expected),
    )
    verdict: Verdict = "promote" if all(check.passed for check in checks) else "refuse"
    return Judgement(verdict=verdict, incumbent=incumbent, checks=checks)


def incumbent_of(evidence: Evidence) -> str:
    """Who would answer if the model were refused: nothing trained is served before a first promotion.

    A champion that could not be compared is still the one that answers.
    """
    if evidence.champion_missing:
        return "champion"
    return next(name for name in INCUMBENTS if evidence.row(name) is not None)


def learned(evidence: Evidence) -> bool:
    """Whether the model knows anything: orders better than chance, or promises better than the base rate."""
    ranking = evidence.interval(JUDGED, "auc")
    gain = evidence.difference("base_rate", "log_loss")
    return bool((ranking and ranking.low > 0.5) or (gain and gain.surely_below()))


def _nothing(evidence: Evidence) -> Judgement:
    ranking = evidence.interval(JUDGED, "auc")
    span = f"{ranking.low:.3f} to {ranking.high:.3f}" if ranking else "unknown"
    words = (
        f"nothing to learn here: the model's AUC is {span}, and its log loss is not below that of the base "
        f"rate beyond the interval; let the rules answer."
    )
    check = Check(name="learned", passed=False, words=words)
    return Judgement(verdict="nothing_to_learn", incumbent=incumbent_of(evidence), checks=(check,))


def _enough(evidence: Evidence, incumbent: str, gate: Gate) -> Check:
    """Converted leads, not their snapshots: those of one lead repeat each other."""
    won = evidence.judged_by(incumbent)
    if won is None:
        words = "converted leads were not counted by the version that trained this; train again."
        return Check(name="min_positives", passed=False, words=words)
    words = f"{won} converted leads in {_tests(evidence, incumbent)}"
    words += f"; [gate] min_positives asks for {gate.min_positives}."
    return Check(name="min_positives", passed=won >= gate.min_positives, words=words)


def _tests(evidence: Evidence, versus: str) -> str:
    """Which tests a gain is over, in words."""
    pooled = evidence.pooled if versus in POOLED else None
    if pooled is None:
        return f"the test ({evidence.won} converted rows)"
    return f"the tests of {pooled.origins} origins ({pooled.won} converted rows)"


def _gain(evidence: Evidence, incumbent: str) -> Check:
    """Log loss must fall against the incumbent, by the whole interval."""
    if incumbent == "champion" and evidence.champion_missing:
        return Check(name="gain over champion", passed=False, words=f"{evidence.champion_missing}.")
    gain = evidence.gain(incumbent)
    if gain is None or gain.difference is None:
        return Check(name="gain", passed=False, words=f"no comparison with {incumbent}.")
    words = f"log loss minus that of {incumbent}: {gain.difference:+.4f} [{gain.low:+.4f}, {gain.high:+.4f}]."
    return Check(name=f"gain over {incumbent}", passed=gain.surely_below(), words=words)


def _not_beaten(evidence: Evidence, baseline: str) -> Check:
    """The baseline is not better beyond the interval in log loss or AUC."""
    loss, order = evidence.difference(baseline, "log_loss"), evidence.difference(baseline, "auc")
    beaten = [d for d in (loss,) if d and d.surely_above()] + [d for d in (order,) if d and d.surely_below()]
    words = "; ".join(
        f"{baseline} is better in {d.figure} by {abs(d.difference or 0):.4f}, beyond the interval "
        f"[{d.low:+.4f}, {d.high:+.4f}]"
        for d in beaten
    )
    apart = ", ".join(
        f"{name} {d.difference:+.4f} [{d.low:+.4f}, {d.high:+.4f}]"
        for name, d in (("log loss", loss), ("AUC", order))
        if d is not None and d.difference is not None and d.low is not None and d.high is not None
    )
    return Check(
        name=f"not beaten by {baseline}",
        passed=not beaten,
        words=words or f"model minus {baseline}: {apart}.",
    )


def _veto(evidence: Evidence, incumbent: str, figure: str, band: tuple[float, float]) -> Check:
    """The interval of `figure` touches the band, or the incumbent is further from it."""
    interval = evidence.interval(JUDGED, figure)
    outside = interval is not None and (interval.high < band[0] or interval.low > band[1])
    own, other = (evidence.figure(name, figure) for name in (JUDGED, incumbent))
    worse = other is None or own is None or _off(own, band) > _off(other, band)
    words = f"{figure} {own:.2f}" if own is not None else f"{figure} is not known"
    if interval is not None:
        words += f" [{interval.low:.2f}, {interval.high:.2f}], band {band[0]:g} to {band[1]:g}"
    return Check(name=figure, passed=not (outside and worse), words=words + ".")


def _segments(evidence: Evidence, incumbent: str, band: tuple[float, float]) -> Check:
    """No segment is surely promised wrongly while the incumbent is nearer, nor surely ordered worse by it."""
    failed = [words for group in evidence.segments for words in _failures(group, incumbent, band)]
    worst = min(evidence.segments, key=lambda group: _distance(group, band), default=None)
    words = "; ".join(failed)
    if not failed and worst is None:
        words = "no group of a declared attribute has enough converted test rows to be looked at alone"
    elif not failed and worst is not None:
        words = f"worst of {len(evidence.segments)} segments: {_promised(worst)}"
    return Check(name="worst segment", passed=not failed, words=words + ".")


def _failures(group: Group, incumbent: str, band: tuple[float, float]) -> Iterator[str]:
    """What is surely wrong in one segment, in words."""
    low, high = group.observed_expected
    found = [group.scorers.get(name) for name in (JUDGED, incumbent)]
    own, other = [None if one is None else one.observed_expected for one in found]
    outside = low is not None and high is not None and (high < band[0] or low > band[1])
    if outside and own is not None and (other is None or _off(own, band) > _off(other, band)):
        yield f"{_promised(group)}, band {band[0]:g} to {band[1]:g}"
    below, above = group.auc_difference.get(incumbent, (None, None))
    if above is not None and above < -SEGMENT_AUC:
        yield f"{group.name}: AUC minus that of {incumbent} is [{below:+.3f}, {above:+.3f}]"


def _promised(group: Group) -> str:
    own = group.scorers[JUDGED].observed_expected
    low, high = group.observed_expected
    if own is None or low is None or high is None:
        return f"{group.name}: observed/expected is not known"
    return f"{group.name}: observed/expected {own:.2f} [{low:.2f}, {high:.2f}]"


def _distance(group: Group, band: tuple[float, float]) -> float:
    """Minus how far the segment's observed/expected is from the middle of the band."""
    own = group.scorers[JUDGED].observed_expected
    return 0.0 if own is None else -abs(own - (band[0] + band[1]) / 2)


def _off(value: float, band: tuple[float, float]) -> float:
    """How far outside the band, 0 inside."""
    return max(band[0] - value, value - band[1], 0.0)
