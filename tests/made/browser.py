"""A real browser without a driver package: headless Chromium, spoken to over a pair of pipes.

The protocol is Chromium's own (DevTools): JSON messages, each ended by a zero byte, on file descriptors 3
and 4 of the browser.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--disable-dev-shm-usage", "--remote-debugging-pipe",
)  # fmt: skip
_PATIENCE = 60.0


def find_browser() -> str | None:
    """The path of Chromium or Chrome on this machine, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


class Browser:
    """One tab of a running browser; `events` holds everything that it reported."""

    def __init__(self, process: subprocess.Popen[bytes], into: int, out: int) -> None:
        self.events: list[dict[str, Any]] = []
        self._process, self._into, self._out = process, into, out
        self._read, self._next, self._session = b"", 0, ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._next += 1
        message: dict[str, Any] = {"id": self._next, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._into, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._next:
                assert "error" not in answer, (method, answer["error"])
                return dict(answer["result"])
            self.events.append(answer)

    def open(self, address: str, width: int = 1000, height: int = 800) -> None:
        """Load a page in a window of that size and wait until it stands."""
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        self.events.clear()
        self.ask("Page.navigate", url=address)
        until = time.monotonic() + _PATIENCE
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            assert time.monotonic() < until, f"{address} did not load"
            self.events.append(self._message())
        while not self.value("document.readyState === 'complete' && document.documentElement !== null"):
            assert time.monotonic() < until, f"{address} did not load"  # the event was of the page before
            time.sleep(0.05)

    def value(self, expression: str) -> Any:
        """What a JavaScript expression gives in the page."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG file."""
        shot = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """Console messages, exceptions and log entries since the page was opened."""
        found = []
        for event in self.events:
            parameters = event.get("params", {})
            match event.get("method"):
                case "Runtime.consoleAPICalled":
                    found.append(str(parameters["args"]))
                case "Runtime.exceptionThrown":
                    found.append(str(parameters["exceptionDetails"].get("text")))
                case "Log.entryAdded":
                    found.append(str(parameters["entry"]["text"]))
        return found

    def requests(self) -> list[str]:
        """The addresses that were asked for since the page was opened."""
        asked = (event for event in self.events if event.get("method") == "Network.requestWillBeSent")
        return [str(event["params"]["request"]["url"]) for event in asked]

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._read:
            part = os.read(self._out, 1 << 20)
            assert part, "the browser has gone"
            self._read += part
        message, _, self._read = self._read.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def browser(executable: str, *flags: str) -> Iterator[Browser]:
    """A browser with an empty profile and further `flags`, ended with the block."""
    commands, into = os.pipe()
    out, answers = os.pipe()
    with TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        # a shell puts the pipes on 3 and 4: forking Python code between fork and exec is not safe
        process = subprocess.Popen(
            ["bash", "-c", f'exec "$0" "$@" 3<&{commands} 4>&{answers}', executable, *_FLAGS,
             *flags, f"--user-data-dir={profile}"],
            pass_fds=(commands, answers), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(commands)
        os.close(answers)
        try:
            yield Browser(process, into, out)
        finally:
            os.close(into)
            process.terminate()
            process.wait(_PATIENCE)
            os.close(out)
