"""Logs sent to a server."""

from __future__ import annotations

from typing import Any

from ..utils.tracebacks import warn
from .callback import Callback


class RemoteMonitor(Callback):
    """Posts the logs of each epoch to `root` + `path`, as the form field `field` or (`send_as_json`) as JSON.

    A server that cannot be reached is a warning, training goes on.

    >>> import lamina
    >>> callback = lamina.callbacks.RemoteMonitor("http://localhost:9000", send_as_json=True)
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        import json
        import urllib.error
        import urllib.parse
        import urllib.request

        text = json.dumps({"epoch": epoch, **(logs or {})})
        if self.send_as_json:
            body, kind = text.encode(), "application/json"
        else:
            body, kind = urllib.parse.urlencode({self.field: text}).encode(), "application/x-www-form-urlencoded"
        request = urllib.request.Request(self.root + self.path, body, {"Content-Type": kind, **(self.headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=10):
                pass
        except (urllib.error.URLError, OSError) as error:
            warn(f"RemoteMonitor could not send the logs to {self.root} ({error}).")
