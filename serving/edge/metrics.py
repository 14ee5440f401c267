"""What /metrics says, in Prometheus' words: requests, latency, rungs, scores, data quality, the champion.

The figures are of the process that answers: `leadscore serve` starts one, and replicas are asked one by one.
No label holds anything that a caller made up: fields are those of the recipe, paths those of the service.
"""

from __future__ import annotations

from collections import Counter as Count
from collections.abc import Iterator, Sequence
from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from features.errors import LeadscoreError
from serving.answer import TimeBudget
from serving.api.desk import CountedScore
from serving.aside import InboundSpool, Shadow
from serving.edge.watch import Watch
from serving.ledger import Ledger
from serving.score import Score
from serving.watched import last_noted

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_PROBABILITIES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9)
_SUBJECTS = ("inputs", "scores", "calibration", "serving")
OTHER = "other"


class Metrics:
    """Counts what is answered; `watch` says who answers, `budget` which rungs were passed over, `ledger` what
    'leadscore watch' found last."""

    def __init__(
        self,
        watch: Watch,
        budget: TimeBudget,
        ledger: Ledger | None = None,
        shadow: Shadow | None = None,
        spool: InboundSpool | None = None,
    ) -> None:
        self._watch = watch
        own = self._registry = CollectorRegistry()
        own.register(_Champion(watch, budget, shadow, spool))
        if ledger is not None:
            own.register(_OfLedger(watch, ledger))
        labels = ["path", "status"]
        self._requests = Counter("leadscore_requests", "Requests answered.", labels, registry=own)
        self._seconds = Histogram(
            "leadscore_request_seconds", "Time to answer.", ["path"], registry=own, buckets=_SECONDS
        )
        self._scores = Counter("leadscore_scores", "Leads answered.", ["status", "rung"], registry=own)
        self._warned = Counter("leadscore_scores_warned", "Leads whose answer has a warning.", registry=own)
        self._problems = Counter(
            "leadscore_lead_problems", "Problems of leads that could not be scored.", ["field"], registry=own
        )
        self._probability = Histogram(
            "leadscore_probability", "Probabilities given.", ["rung"], registry=own, buckets=_PROBABILITIES
        )

        self._of_requests = cache(self._labelled)
        self._of_scores = cache(self._scores.labels)
        self._of_rungs = cache(self._probability.labels)

    def _labelled(self, path: str, status: int) -> tuple[Counter, Histogram]:
        """The figures of one kind of answer: few kinds, which each request would look up anew."""
        return self._requests.labels(path, str(status)), self._seconds.labels(path)

    def answered(self, path: str, status: int, seconds: float) -> None:
        """One request, answered with `status`."""
        requests, waits = self._of_requests(path, status)
        requests.inc()
        waits.observe(seconds)

    def scored(self, told: Sequence[CountedScore]) -> None:
        """The leads of one request."""
        by_id = {id(score): score for score, _ in told}
        for known, number in Count(id(score) for score, _ in told).items():
            score = by_id[known]
            self._of_scores(score.status, _rung(score)).inc(number)
            self._warned.inc(number if score.warnings else 0)
            for problem in score.error.problems if score.error else ():
                self._problems.labels(self._known(problem.field)).inc(number)
        rungs = {known: _rung(score) for known, score in by_id.items() if score.probability is not None}
        observe = {rung: self._of_rungs(rung).observe for rung in set(rungs.values())}
        for score, probability in told:
            if probability is not None:
                observe[rungs[id(score)]](probability)

    def text(self) -> bytes:
        """The page, in Prometheus' text format."""
        return bytes(generate_latest(self._registry))

    def _known(self, place: str) -> str:
        """A place in a lead as far as it is ours: what a caller calls a field may be anything."""
        if place.startswith("events"):
            return "events"
        ours = {"lead", "lead_id", "as_of", "created_at", "fields", "stage", "opted_out"}
        return place if place in ours | set(self._watch.opened.ladder.recipe.lead.fields) else OTHER


class _Champion(Collector):
    """Who answers, read when it is asked for."""

    def __init__(
        self, watch: Watch, budget: TimeBudget, shadow: Shadow | None, spool: InboundSpool | None
    ) -> None:
        self._watch, self._budget, self._shadow, self._spool = watch, budget, shadow, spool

    def collect(self) -> Iterator[Metric]:
        """Gauges of the champion and counters of the looks at the registry."""
        watch, opened = self._watch, self._watch.opened
        who = GaugeMetricFamily("leadscore_champion", "Who answers.", labels=["name", "rung", "version"])
        who.add_metric([opened.ladder.recipe.name, opened.rung, opened.version], 1)
        yield who
        since = "Unix time since which it answers."
        yield GaugeMetricFamily("leadscore_champion_since_seconds", since, watch.since_us / 1e6)
        if opened.history_end_us is not None:
            learned = "Unix time of the end of the history that it learned from."
            yield GaugeMetricFamily(
                "leadscore_champion_history_end_seconds", learned, opened.history_end_us / 1e6
            )
        pending = "1 where what the registry names does not answer."
        yield GaugeMetricFamily("leadscore_promotion_pending", pending, float(bool(watch.pending)))
        looks = CounterMetricFamily("leadscore_registry_looks", "Looks at the registry.", labels=["result"])
        for result, number in sorted(watch.looks.copy().items()):
            looks.add_metric([result], number)
        yield looks
        yield from self._beside()

    def _beside(self) -> Iterator[Metric]:
        """Rungs that were passed over, and what became of leads in shadow."""
        words = "Times that a rung was asked and gave no answer, or was left alone after one took too long."
        passed = CounterMetricFamily("leadscore_rungs_passed_over", words, labels=["rung", "why"])
        for (rung, why), number in sorted(self._budget.passed_over.copy().items()):
            passed.add_metric([rung, why], number)
        yield passed
        words = "Leads for the challenger: kept in the ledger, failed, or dropped because it is behind."
        fates = CounterMetricFamily("leadscore_shadow_leads", words, labels=["result"])
        for fate, number in sorted(self._shadow.fates.copy().items()) if self._shadow else ():
            fates.add_metric([fate], number)
        yield fates
        if self._spool is not None:
            words = "Bodies that wait for the ledger in the spool."
            yield GaugeMetricFamily("leadscore_spool_waiting", words, self._spool.waiting)
            words = "Bodies of the spool that cannot be delivered: look at them."
            yield GaugeMetricFamily("leadscore_spool_set_aside", words, self._spool.set_aside)


class _OfLedger(Collector):
    """The ledger, and what `leadscore watch --data ledger` found in it last, read when it is asked for."""

    def __init__(self, watch: Watch, ledger: Ledger) -> None:
        self._watch, self._ledger = watch, ledger

    def describe(self) -> Iterator[Metric]:
        """Nothing: a registry that is made does not ask the ledger."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Whether the ledger is here, when it watched, and how many alarms there are by subject."""
        words = "1 while the ledger cannot be reached."
        yield GaugeMetricFamily("leadscore_ledger_away", words, float(bool(self._ledger.presence.away)))
        try:
            found = last_noted(self._ledger, "watch", self._watch.opened.ladder.recipe.name)
        except LeadscoreError:  # the other figures are worth more without it
            return
        if found is None:
            return
        yield GaugeMetricFamily("leadscore_watch_seconds", "Unix time of the last watch.", found.at_us / 1e6)
        alarms = GaugeMetricFamily("leadscore_watch_alarms", "Alarms of the last watch.", labels=["subject"])
        counts = Count(alarm["subject"] for alarm in found.content["alarms"])
        for subject in _SUBJECTS:
            alarms.add_metric([subject], counts[subject])
        yield alarms


def _rung(score: Score) -> str:
    return score.scored_by.rung if score.scored_by else ""
