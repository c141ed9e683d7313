from __future__ import annotations

import os
import time


def new_execution_id() -> str:
    """A new execution id: 32 hex digits laid out as UUIDv7 (RFC 9562), so that ids sort by time and stay unique."""
    value = int.from_bytes(os.urandom(16), "big")
    value &= (1 << 80) - 1
    value |= (time.time_ns() // 1_000_000) << 80
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return f"{value:032x}"


def new_action_id() -> str:
    """A new action id: 16 random hex digits, never all zero (an OpenTelemetry span id)."""
    return f"{int.from_bytes(os.urandom(8), 'big') or 1:016x}"
