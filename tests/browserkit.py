"""A real browser without a window, driven through a pipe: what a page asks for, says, and looks like."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--force-device-scale-factor=1",
    "--remote-debugging-pipe",
)  # fmt: skip


def program() -> str:
    """Find the browser; a machine without it fails, it does not skip."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, f"no browser ({', '.join(NAMES)}); `make test-peers` installs it"
    return found


class Browser:
    """One page in a browser that is cut off from every network."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        self.folder = tempfile.mkdtemp(prefix="waterbal-browser-")
        own_read, their_write = os.pipe()
        their_read, own_write = os.pipe()

        def connect() -> None:
            # the browser reads from 3 and writes to 4
            one, other = os.dup(their_read), os.dup(their_write)
            os.dup2(one, 3)
            os.dup2(other, 4)

        self.process = subprocess.Popen(
            [program(), *FLAGS, f"--user-data-dir={self.folder}", "about:blank"],
            preexec_fn=connect, close_fds=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(their_read)
        os.close(their_write)
        self.read, self.write = os.fdopen(own_read, "rb"), os.fdopen(own_write, "wb")
        self.count, self.session, self.events = 0, "", []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        self.call(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=0,
            uploadThroughput=0,
        )
        self.resize(width, height)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.read.close()
        self.write.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol and wait for its answer."""
        self.count += 1
        message = {"id": self.count, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.write.write(json.dumps(message).encode() + b"\0")
        self.write.flush()
        while True:
            answer = self._next()
            if answer.get("id") == self.count:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def _next(self) -> dict[str, Any]:
        parts = bytearray()
        while (byte := self.read.read(1)) != b"\0":
            assert byte, "the browser has gone"
            parts += byte
        return json.loads(parts)

    def resize(self, width: int, height: int = 900) -> None:
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def open(
        self, path: Path, ready: str = "document.readyState === 'complete'", patience: float = 60.0
    ) -> None:
        """Open a file and wait until an expression holds."""
        self.events.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait(ready, patience)

    def wait(self, expression: str, patience: float = 60.0) -> None:
        end = time.monotonic() + patience
        while not self.tell(expression):
            assert time.monotonic() < end, f"never true: {expression}; {self.complaints()}"
            time.sleep(0.05)

    def tell(self, expression: str) -> Any:
        """Evaluate an expression in the page."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def complaints(self) -> list[str]:
        """Return errors, warnings of the browser and exceptions since the page was opened."""
        told = []
        for event in self.events:
            params = event.get("params", {})
            if event.get("method") == "Runtime.exceptionThrown":
                told.append(json.dumps(params["exceptionDetails"])[:500])
            elif event.get("method") == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                told.append(params["entry"]["text"])
            elif event.get("method") == "Runtime.consoleAPICalled" and params["type"] in (
                "error",
                "warning",
                "assert",
            ):
                told.append(json.dumps(params["args"])[:500])
        return told

    def requests(self) -> list[str]:
        """Return what was asked for besides the page itself and what it carries."""
        urls = [
            event["params"]["request"]["url"]
            for event in self.events
            if event.get("method") == "Network.requestWillBeSent"
        ]
        return [url for url in urls[1:] if not url.startswith(("data:", "blob:"))] + [
            url for url in urls[:1] if not url.startswith("file:")
        ]

    def shot(self, path: Path, top: float = 0.0, height: float = 0.0) -> None:
        """Take a picture of a stretch of the page; of the whole page if no height is given."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {
            "x": 0,
            "y": top,
            "width": size["width"],
            "height": height or size["height"] - top,
            "scale": 1,
        }
        answer = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def pdf(self, path: Path) -> None:
        """Print the page."""
        answer = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(answer["data"]))
