"""A person with a keyboard alone: keys into a real browser, and whether the focus can be seen on the way."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.made.browser import Browser

_CODES = {"Tab": (9, ""), "Enter": (13, "\r"), "Space": (32, " "), "ArrowDown": (40, ""), "ArrowUp": (38, "")}
_MOST_STOPS = 400
_SEEN = """(() => { const one = document.activeElement, style = getComputedStyle(one);
  const outlined = style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2;
  const box = one.getBoundingClientRect();
  return outlined && box.width > 0 && box.bottom > 0 && box.top < innerHeight; })()"""
"""Whether what has the focus is outlined, inside the window."""


@dataclass
class Keyboard:
    """Keys for the page of `tab`; `unseen` are elements that had the focus without showing it."""

    tab: Browser
    unseen: list[str] = field(default_factory=list)

    def press(self, key: str) -> None:
        """One key down and up."""
        number, text = _CODES[key]
        said = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": number}
        self.tab.ask("Input.dispatchKeyEvent", type="keyDown", **said, **({"text": text} if text else {}))
        self.tab.ask("Input.dispatchKeyEvent", type="keyUp", **said)

    def to(self, selector: str) -> None:
        """Tab until an element that `selector` fits has the focus."""
        for _ in range(_MOST_STOPS):
            self.press("Tab")
            if not self.tab.value("document.activeElement == document.body"):
                if not self.tab.value(_SEEN):
                    self.unseen.append(str(self.tab.value("document.activeElement.outerHTML"))[:200])
                if self.tab.value(f"document.activeElement.matches({json.dumps(selector)})"):
                    return
        raise AssertionError(f"no Tab leads to {selector}")

    def follow(self, selector: str, key: str = "Enter") -> str:
        """Go to a link or button, press `key`, and wait for the page that comes; its address."""
        self.to(selector)
        self.tab.events.clear()
        self.press(key)
        self._until("Page.loadEventFired")
        return str(self.tab.value("location.href"))

    def choose(self, selector: str, paths: Sequence[Path]) -> None:
        """Open a file dialogue and take files in it: the dialogue is the system's, so it is answered for."""
        self.tab.ask("Page.setInterceptFileChooserDialog", enabled=True)
        self.to(selector)
        self.tab.events.clear()
        self.press("Enter")
        opened = self._until("Page.fileChooserOpened")
        node = opened["params"]["backendNodeId"]
        self.tab.ask("DOM.setFileInputFiles", files=[str(path) for path in paths], backendNodeId=node)

    def _until(self, method: str) -> dict[str, Any]:
        until = time.monotonic() + 60
        while True:
            found = next((one for one in self.tab.events if one.get("method") == method), None)
            if found is not None:
                return found
            assert time.monotonic() < until, f"{method} did not come"
            self.tab.ask("Runtime.evaluate", expression="1")
