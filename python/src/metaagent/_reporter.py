from __future__ import annotations

import json
from collections.abc import Callable

from ._sender import RowList, Sender
from ._settings import Settings
from ._snapshot import Json


class Reporter:
    """Turns reports into queued rows; nothing here raises into the agent."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.sender = Sender(settings)

    def report(self, row_list: RowList, row: Callable[[], dict[str, Json]]) -> None:
        """Makes and queues a row. Whatever is wrong with it, it is counted as lost."""
        if self.settings.disabled:
            return
        try:
            text = json.dumps(row(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
            self.sender.push(row_list, text)
        except Exception:
            self.sender.lose()
