"""Layer 3: how a scorer is made, judged and registered."""

from typing import TYPE_CHECKING

from features.face import lazily

if TYPE_CHECKING:
    from training.comparison import Comparison as Comparison
    from training.comparison import compare as compare
    from training.run import COMPARISON as COMPARISON
    from training.run import LEAST as LEAST
    from training.run import TrainingRun as TrainingRun
    from training.run import TrainOptions as TrainOptions
    from training.run import comparison_rows as comparison_rows
    from training.run import train as train
    from training.store import Decision as Decision
    from training.store import promote as promote
    from training.store import rollback as rollback
    from training.store import status as status

_PLACES = {
    "training.comparison": ["Comparison", "compare"],
    "training.run": ["COMPARISON", "LEAST", "TrainOptions", "TrainingRun", "comparison_rows", "train"],
    "training.store": ["Decision", "promote", "rollback", "status"],
}

if not TYPE_CHECKING:  # else every misspelt name would be of any type
    __getattr__ = lazily(__name__, _PLACES)
