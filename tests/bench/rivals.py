"""`python -m tests.bench.rivals NAME PORT`: what the service is compared with, each as small as it gets.

`empty` is a BentoML endpoint that answers `{}`; `tutorial` is FastAPI with the scikit-learn wrapper on a
DataFrame of one row, which is sent its columns and computes no feature.
"""

from __future__ import annotations

import gc
import sys

import bentoml
import numpy as np
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

COLUMNS, TREES, ROWS = 120, 225, 2_000
"""About the size of the model of the simulated company: the trees of its four boosters together."""


async def _nothing(request: Request) -> Response:
    await request.body()
    return Response("{}", media_type="application/json")


_ROUTES = Starlette(routes=[Route("/v1/score", _nothing, methods=["POST"])])


@bentoml.service(name="empty", http={"host": "127.0.0.1"})
@bentoml.asgi_app(_ROUTES, path="/")
class Empty:
    """BentoML with nothing in it; routes are mounted and the collector kept aside as by the service."""

    def __init__(self) -> None:
        gc.collect()
        gc.freeze()
        gc.disable()


def tutorial(port: int) -> None:
    """FastAPI, pandas, LGBMClassifier."""
    import pandas as pd
    import uvicorn
    from fastapi import Body, FastAPI
    from lightgbm import LGBMClassifier

    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(ROWS, COLUMNS)), columns=[f"c{i}" for i in range(COLUMNS)])
    model = LGBMClassifier(n_estimators=TREES, num_leaves=7, n_jobs=1, verbosity=-1)
    model.fit(frame, frame["c0"] + frame["c1"] > random.normal(size=ROWS))
    app = FastAPI()

    def answer(columns: dict[str, float] = Body()) -> dict[str, float]:  # noqa: B008  # as tutorials write it
        return {"probability": float(model.predict_proba(pd.DataFrame([columns]))[0, 1])}

    app.post("/v1/score")(answer)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    if sys.argv[1] == "empty":
        Empty.serve_http(host="127.0.0.1", port=int(sys.argv[2]))  # type: ignore[attr-defined]
    else:
        tutorial(int(sys.argv[2]))
