"""`python -m tests.bench.rivals NAME PORT`: what the service is compared with over HTTP, as small as it gets.

`empty` is a BentoML endpoint that answers `{}`; `tutorial` is FastAPI with the scikit-learn wrapper on a
DataFrame of one row, which is given its columns and computes no feature.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

COLUMNS, TREES, ROWS = 120, 225, 2_000
"""The size of the models of the simulated company: four boosters' trees together."""


def empty(port: int) -> None:
    """BentoML with nothing in it, its routes mounted as the service's own are."""
    import bentoml
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def answer(request: Request) -> Response:
        await request.body()
        return Response("{}", media_type="application/json")

    routes = Starlette(routes=[Route("/v1/score", answer, methods=["POST"])])

    @bentoml.service(name="empty", http={"host": "127.0.0.1"})
    @bentoml.asgi_app(routes, path="/")
    class Empty:
        """Nothing."""

    globals()["Empty"] = Empty  # BentoML's worker imports it by its name
    if __name__ == "__main__":
        Empty.serve_http(host="127.0.0.1", port=port)  # type: ignore[attr-defined]


def tutorial(port: int) -> None:
    """FastAPI, pandas, LGBMClassifier."""
    import pandas as pd
    import uvicorn
    from fastapi import FastAPI
    from lightgbm import LGBMClassifier
    from pydantic import BaseModel

    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.normal(size=(ROWS, COLUMNS)), columns=[f"c{i}" for i in range(COLUMNS)])
    model = LGBMClassifier(n_estimators=TREES, num_leaves=7, n_jobs=1, verbosity=-1)
    model.fit(frame, frame["c0"] + frame["c1"] > random.normal(size=ROWS))
    app = FastAPI()

    class Asked(BaseModel):
        columns: dict[str, float]

    @app.post("/v1/score")
    def answer(asked: Asked) -> dict[str, float]:
        return {"probability": float(model.predict_proba(pd.DataFrame([asked.columns]))[0, 1])}

    app.openapi()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def main(words: list[str]) -> Any:
    """Serve the one that is named until it is ended."""
    return {"empty": empty, "tutorial": tutorial}[words[0]](int(words[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
