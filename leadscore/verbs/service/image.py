"""What a container or a Bento is built from: service, command, one artefact; nothing of training."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import click

from leadscore.options import FOLDER, FORCE

_TRAINING = frozenset({"mlflow", "optuna"})
"""Dependencies that service and command do without while they score."""
_SERVICE = "serving.edge.service:LeadScore"
_BENTO = f"""service: "{_SERVICE}"
name: leadscore
include: ["features/**", "serving/**", "leadscore/**", "packed_model/**", "requirements.txt"]
python:
  requirements_txt: requirements.txt
  lock_packages: false
"""
_DOCKER = f"""FROM python:3.11-slim
RUN useradd --create-home leadscore
WORKDIR /home/leadscore/app
COPY requirements.txt .
RUN pip install --no-cache-dir --requirement requirements.txt
COPY features features
COPY serving serving
COPY leadscore leadscore
COPY packed_model packed_model
USER leadscore
ENV BENTOML_DO_NOT_TRACK=True OMP_NUM_THREADS=1
EXPOSE 3000
# Keys are in the ledger: set LEADSCORE_LEDGER to PostgreSQL or to a file on a volume. Without one only the
# container itself may ask.
CMD ["bentoml", "serve", "{_SERVICE}", "--host", "0.0.0.0", "--port", "3000"]
"""


@click.command()
@click.argument("model")
@click.option("-o", "--out", type=FOLDER, required=True, help="Folder to write.")
@FORCE
def image(model: str, out: Path, force: bool) -> None:
    """Write what a container or Bento is built from: the service, one artefact, Dockerfile, bentofile.yaml.

    \b
    Example:  leadscore image models:/acme@champion -o build/image
              cd build/image && docker build . (or: bentoml build)

    MODEL is an artefact's folder or a models:/ address. The image answers with it until it is built anew.
    """
    from leadscore.terminal import say, spinner

    if out.exists() and any(out.iterdir()) and not force:
        raise click.UsageError(f"{out} is not empty; say --force to write into it.")
    with spinner("fetching the artefact"):
        import features
        import leadscore
        import serving
        from serving.registry import fetch

        source = fetch(model) if ":/" in model else Path(model)
        serving.load_artefact(source)  # one that cannot be served makes no image
    out.mkdir(parents=True, exist_ok=True)
    for package in (features, serving, leadscore):
        folder = Path(str(package.__file__)).parent
        ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
        shutil.copytree(folder, out / folder.name, dirs_exist_ok=True, ignore=ignored)
    shutil.rmtree(out / "packed_model", ignore_errors=True)
    shutil.copytree(source, out / "packed_model")
    (out / "requirements.txt").write_text("\n".join(_requirements()) + "\n", encoding="utf-8")
    (out / "bentofile.yaml").write_text(_BENTO, encoding="utf-8")
    (out / "Dockerfile").write_text(_DOCKER, encoding="utf-8")
    say(
        f"{out} holds the service and its artefact. Build: docker build {out}, or (cd {out} && bentoml build)"
    )


def _requirements() -> list[str]:
    """What the service needs, at the versions that are installed here."""
    plain = [one for one in requires("leadscore") or [] if "extra ==" not in one]
    found = sorted(pinned(one) for one in plain if _name(one) not in _TRAINING)
    return [*found, f"psycopg=={version('psycopg')}"] if _installed("psycopg") else found


def pinned(requirement: str) -> str:
    """A requirement at the version that is installed here; as it is where this machine does without it."""
    name = _name(requirement)
    extra = requirement[requirement.index("[") : requirement.index("]") + 1] if "[" in requirement else ""
    try:
        return f"{name}{extra}=={version(name)}"
    except PackageNotFoundError:  # such as uvloop on Windows, which an image of Linux wants
        return requirement


def _name(requirement: str) -> str:
    return re.split(r"[;\[<>=! ]", requirement, maxsplit=1)[0].strip()


def _installed(name: str) -> bool:
    from importlib.util import find_spec

    return find_spec(name) is not None
