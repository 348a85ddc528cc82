"""The only caller of the wall clock. Everything else is handed an instant."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def wall_clock() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)
