"""What became of leads, told to the ad platforms that they came from: shown, written to files, or sent."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from leadscore.ledger_files import standing_here
from leadscore.options import DATA, FOLDER, JSON, RECIPE, SOME_FAILED, moment_of, place_of

_STAGES = ("mql", "sal", "sql", "opportunity", "customer")
LOG = "sent.json"


@click.command()
@click.argument("platform", type=click.Choice(["google", "linkedin", "meta", "microsoft"]))
@RECIPE
@DATA
@click.option(
    "-o",
    "--out",
    type=FOLDER,
    help="Write upload files to this folder; beside --send what it holds counts as told.",
)
@click.option("--send", is_flag=True, help="Send them to the platform's API; secrets are the environment's.")
@click.option(
    "--consent",
    required=True,
    help="The column that says who consents to advertising; 'granted': all who did not opt out do.",
)
@click.option(
    "--stage", "stages", type=click.Choice(_STAGES), multiple=True, help="Default: sql and customer."
)
@click.option(
    "--name",
    "names",
    nargs=2,
    multiple=True,
    metavar="STAGE NAME",
    help="What the platform calls a stage's conversion; of LinkedIn, and to send to Google, its number. "
    "Default: the stage.",
)
@click.option("--currency", help="The currency of the amounts, such as EUR.")
@click.option("--region", help="The country of telephone numbers written without one, such as FR.")
@click.option("--as-of", help="The moment of the upload, ISO 8601; default: now.")
@click.option("--dry-run", is_flag=True, help="Say what would go, whatever else is said; the default.")
@JSON
@click.pass_context
def conversions(
    ctx: click.Context, /, platform: str, recipe: Path, out: Path | None, send: bool, dry_run: bool,
    as_json: bool, **options: Any,
) -> None:  # fmt: skip
    """Tell an ad platform what became of its leads: new stages, changed amounts, retractions.

    \b
    Example:  leadscore conversions google acme/recipe.toml -o google --consent granted --currency EUR
    By API:   leadscore conversions meta acme/recipe.toml --send --consent ads_ok --currency EUR

    Without -o and --send nothing goes: what would is told. What was written is kept in sent.json of that
    folder, what was sent in the ledger: a second call tells what is new since (exit code 3: some were
    refused). To undo written files delete them and put sent.json.before back.
    """
    from leadscore.terminal import print_json, say

    found = _planned(platform, recipe, out, **options)
    files = found.files()
    going, by_file = found.to_send() if send else ([], {})
    tally = None
    if send and not dry_run:
        tally = _sent(found, going)
    elif out is not None and not dry_run and files:
        _write(found, out, files)
    if as_json:
        told = {"sent": tally.sent, "refused": dict(tally.refused), "left": tally.left} if tally else {}
        written = not (dry_run or send) and out is not None
        print_json(found.as_dict() | {"files": sorted(files), "written": written} | told)
    else:
        _tell(found, dict(by_file))
    if tally is not None:
        say(_sent_words(found, tally))
        ctx.exit(SOME_FAILED if tally.refused or tally.stopped else 0)
    elif send:
        say(f"Would send {len(going):,} to {platform}; --dry-run sends nothing.")
    elif out is None:
        say(f"Would write {', '.join(sorted(files)) or 'nothing'} with -o FOLDER, or send it with --send.")
    else:
        said = "Would write" if dry_run else "Written"
        say(f"{said}: {', '.join(sorted(files)) or 'nothing new'} in {out}.")


@dataclass(frozen=True)
class _Upload:
    """One upload: its plan, and all that its files or requests are made of."""

    platform: Any
    plan: Any
    sendable: Any
    log: Any
    moment: int
    currency: str
    worth: dict[str, float]
    names: dict[str, str]
    ledger: Any
    kept: Any
    """What the ledger held when this was planned; `log` is that and the log of the files."""

    def files(self) -> dict[str, str]:
        from serving.conversions import files_of

        new, changes = self.plan.new, self.plan.adjustments
        return files_of(
            self.platform, new, changes, now_us=self.moment, currency=self.currency, names=self.names
        )

    def to_send(self) -> Any:
        from serving.conversions import to_send

        name, money = self.platform.name, self.currency
        return to_send(name, self.plan, self.sendable, currency=money, names=self.names)

    def counts(self) -> dict[str, int]:
        plan = self.plan
        return {
            "new": len(plan.new), "known already": plan.known,
            "changed or withdrawn": len(plan.adjustments), "too late to change": len(plan.too_late),
        }  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        return {"counts": self.counts(), "left_out": dict(self.sendable.left_out), "values": self.worth}


def _planned(
    platform: str,
    recipe: Path,
    out: Path | None,
    *,
    folder: Path | str | None,
    consent: str,
    stages: tuple[str, ...],
    names: tuple[tuple[str, str], ...],
    currency: str | None,
    region: str | None,
    as_of: str | None,
) -> _Upload:
    """The upload that the options name, against what went before."""
    from features.clock import now_us
    from features.recipe import load_recipe
    from leadscore.terminal import spinner

    loaded = load_recipe(recipe)
    place, _ = place_of(recipe, loaded, folder)
    moment = moment_of(as_of, loaded.recipe.zone) or now_us()
    with spinner("reading tables") as step:
        from features import LeadscoreError, read_tables
        from serving import conversions as back
        from serving.funnel import journeys_of, stage_values
        from serving.ledger import Ledger

        target, ledger = back.PLATFORMS[platform], Ledger.here()  # type: ignore[index]
        kept = before = back.SentLog(platform=platform)
        if out:
            before = back.read_log(out / LOG, target)
        if ledger is not None:
            kept = back.kept_log(ledger, target.name)
            before = back.joined(before, kept)
        tables = read_tables(loaded, place, progress=step, opted_out=standing_here().opted_out)
        wanted = stages or ("sql", "customer")
        found = journeys_of(loaded, tables)
        worth = {} if currency is None else stage_values(found)
        worth = {stage: value for stage, value in worth.items() if stage in wanted}
        step("choosing conversions")
        sendable = back.candidates_of(
            loaded, tables, found, target, wanted, consent=consent, now_us=moment, values=worth, region=region
        )
        plan = back.plan_upload(sendable, before, target, moment)
        if currency is None and any(one.value == one.value for one in plan.new):
            raise LeadscoreError(
                "the outcomes carry amounts, and nothing says in which currency.",
                "Say it with --currency EUR.",
            )
    called = {stage: stage for stage in _STAGES} | dict(names)
    return _Upload(target, plan, sendable, before, moment, currency or "", worth, called, ledger, kept)


def _tell(found: _Upload, by_file: dict[str, int]) -> None:
    """What goes and what does not, on stdout; what to know on stderr."""
    from leadscore.terminal import print_table, say

    print_table(["conversions", "count"], list(found.counts().items()))
    left = [*found.sendable.left_out, *by_file.items()]
    if left:
        print_table(["left out", "count"], left, title="\nLeft out")
    for stage, value in found.worth.items():
        say(f"- {stage} is worth {value:,.2f}: the share that becomes a customer × the mean amount")
    if waiting := found.plan.waiting:
        say(f"- {waiting:,} changes are of stages not named: they go with a run whose --stage names them")
    for change in found.plan.too_late:
        said = f"{change.order_id} ({change.stage}): {change.why}"
        say(f"Warning: {said}; {found.platform.name} takes no such change.")


def _sent(found: _Upload, going: Any) -> Any:
    from leadscore.terminal import bar
    from serving.conversions import APIS, ConversionRun, PlatformLine
    from serving.ledger import Ledger

    ledger, name = found.ledger or Ledger.opened(), found.platform.name
    with PlatformLine(APIS[name]) as line, bar("sending") as tick:
        return ConversionRun(ledger, name, line, found.names, progress=tick).run(going, found.kept)


def _sent_words(found: _Upload, tally: Any) -> str:
    """The last line of a run; before it why it stopped, and what was refused."""
    from leadscore.terminal import say

    for words, count in tally.passed.most_common():
        say(f"- {count:,} {words}")
    for words, count in tally.refused.most_common():
        say(f"- {count:,} refused: {words}")
    if tally.stopped:
        say(f"Stopped: {tally.stopped}")
    refused = tally.refused.total()
    left = f", {tally.left:,} left to the next run" if tally.left else ""
    more = f"({tally.requests:,} requests, {tally.retried:,} tried again)"
    return f"{found.platform.name}: {tally.sent:,} sent, {refused:,} refused{left} {more}."


def _write(found: _Upload, out: Path, files: dict[str, str]) -> None:
    """Files first, the log last: who is interrupted writes the same files again, and nothing is forgotten."""
    from serving.conversions import logged

    log = logged(found.log, found.plan)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_text(content, encoding="utf-8", newline="")
    if (out / LOG).exists():
        (out / LOG).replace(out / f"{LOG}.before")
    written = out / f"{LOG}.new"
    written.write_text(log.model_dump_json(indent=1), encoding="utf-8")
    written.replace(out / LOG)
