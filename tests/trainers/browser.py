"""Headless Chromium, driven through its debugging pipe."""

import base64
import contextlib
import fcntl
import itertools
import json
import os
import select
import shlex
import shutil
import subprocess
import sys
import time

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "google-chrome"))), None
)


class Page:
    """A page of the browser."""

    def __init__(self, read, write):
        self._read, self._write = read, write
        self._numbers = itertools.count(1)
        self._session = None
        self._buffer = b""
        self._told = []  # events that came before the answer of a command
        target = self.call("Target.createTarget", url="about:blank")
        self._session = self.call(
            "Target.attachToTarget", targetId=target["targetId"], flatten=True
        )["sessionId"]
        self.call("Page.enable")

    def _receive(self):
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], 60)
            assert ready, "the browser has been silent for a minute"
            read = os.read(self._read.fileno(), 2**16)
            if not read:
                raise EOFError("the browser is gone")
            self._buffer += read
        text, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(text)

    def call(self, method, **params):
        """Sends a command; returns its result."""
        message = {"id": next(self._numbers), "method": method}
        if self._session:
            message["sessionId"] = self._session
        self._write.write(
            json.dumps({**message, "params": params}).encode() + b"\0"
        )
        self._write.flush()
        while (answer := self._receive()).get("id") != message["id"]:
            self._told.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def wait_for(self, event):
        """The parameters of the next event of this name."""
        while True:
            message = self._told.pop(0) if self._told else self._receive()
            if message.get("method") == event:
                return message["params"]

    def open(self, path):
        """Loads a file, with what it refers to."""
        self._told.clear()  # of pages before
        self.call("Page.navigate", url=path.as_uri())
        self.wait_for("Page.loadEventFired")

    def go(self, url):
        """Loads an address. Its requests come as `Network` events."""
        self.call("Network.enable")
        self.call("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def asked_for(self):
        """Addresses that pages have asked for since `go`."""
        return [
            message["params"]["request"]["url"]
            for message in self._told
            if message.get("method") == "Network.requestWillBeSent"
        ]

    def wait_until(self, script, seconds=120):
        """Waits until an expression is true, and returns it."""
        end = time.monotonic() + seconds
        while not (value := self.value(script)):
            assert time.monotonic() < end, f"{script} is not true"
            time.sleep(0.1)
        return value

    def choose_file(self, selector, path):
        """Chooses files in the dialogue of an `<input type=file>`."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)
        self.call(
            "DOM.setFileInputFiles", files=[str(path)], nodeId=node["nodeId"]
        )

    def box(self, selector):
        """Left, top, width and height of what a selector finds, in view."""
        return self.value(
            f"(() => {{ const found = document.querySelector({selector!r});"
            "found.scrollIntoView({block: 'nearest'});"
            "const box = found.getBoundingClientRect();"
            "return [box.x, box.y, box.width, box.height]; })()"
        )

    def click(self, selector):
        """Clicks into the middle of what a selector finds."""
        left, top, width, height = self.box(selector)
        middle = (left + width / 2, top + height / 2)
        self.drag([middle, middle])

    def drag(self, points):
        """The mouse goes from point to point with its button down."""
        first, *rest = points
        last = rest[-1]
        for kind, (x, y) in (
            ("mouseMoved", first),
            ("mousePressed", first),
            *(("mouseMoved", point) for point in rest),
            ("mouseReleased", last),
        ):
            self.call(
                "Input.dispatchMouseEvent",
                type=kind,
                x=x,
                y=y,
                button="left",
                buttons=int(kind != "mouseReleased"),
                clickCount=1,
            )
            time.sleep(0.02)

    def screenshot(self, path):
        """Writes a screenshot to a PNG file."""
        data = self.call("Page.captureScreenshot")["data"]
        path.write_bytes(base64.b64decode(data))

    def value(self, script):
        """The value of an expression, as JSON."""
        result = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True
        )
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def press(self, key):
        """A key goes down and up."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key)


def _pipe():
    """Ends of a pipe whose numbers are above those that Chromium wants."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high


@contextlib.contextmanager
def chromium(folder):
    """A `Page`; the browser's files and downloads go into the folder."""
    there, write = _pipe()
    read, back = _pipe()
    command = [
        CHROMIUM,
        *shlex.split(
            "--headless --no-sandbox --remote-debugging-pipe "
            "--disable-gpu --disable-dev-shm-usage --no-first-run"
        ),
        f"--user-data-dir={folder / 'profile'}",
    ]
    # The browser wants its pipe as the descriptors 3 and 4.
    start = (
        "import os, sys\n"
        f"os.dup2({there}, 3), os.dup2({back}, 4)\n"
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", start, *command],
        pass_fds=(there, back),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(there)
    os.close(back)
    with (
        open(read, "rb", buffering=0) as answers,
        open(write, "wb") as commands,
    ):
        try:
            try:
                page = Page(answers, commands)
            except (EOFError, BrokenPipeError):
                pytest.skip("Chromium does not start on this machine")
            page.call(
                "Browser.setDownloadBehavior",
                behavior="allow",
                downloadPath=str(folder),
                eventsEnabled=True,
            )
            yield page
        finally:
            process.terminate()
            process.wait(timeout=60)
