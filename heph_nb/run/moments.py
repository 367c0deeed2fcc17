"""Moments as people say them: ``"10 minutes ago"``, an ISO text, a datetime."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from heph_nb.errors import InvalidError

_UNITS = {
    "seconds": ("s", "sec", "second"), "minutes": ("m", "min", "minute"), "hours": ("h", "hr", "hour"),
    "days": ("d", "day"), "weeks": ("w", "week"),
}  # fmt: skip
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_AGO = re.compile(rf"\s*(\d+(?:\.\d+)?)\s*({'|'.join(_UNIT_OF)})s?\s+ago\s*", re.IGNORECASE)


def moment(said: str | date, now: datetime | None = None) -> datetime:
    """Return the moment that is meant, in UTC.

    Parameters
    ----------
    said : str, datetime or date
        ``"10 minutes ago"`` (seconds to weeks; ``"10 min ago"`` will do), an ISO text, a datetime, or a date for the
        moment in which that day begins. What has no zone is taken as UTC, like every time that heph_nb shows.
    now : datetime, optional
        What "ago" counts from.

    Raises
    ------
    InvalidError
        It says no moment.

    Examples
    --------
    >>> moment("2026-11-23 14:00").isoformat()
    '2026-11-23T14:00:00+00:00'
    """
    if isinstance(said, datetime):
        return _utc(said)
    if isinstance(said, date):
        return datetime.combine(said, time(), UTC)
    try:
        ago = _AGO.fullmatch(said)
        if ago:
            length = timedelta(**{_UNIT_OF[ago[2].lower()]: float(ago[1])})
            return (now or datetime.now(UTC)) - length
        return _utc(datetime.fromisoformat(said.strip()))
    except (ValueError, OverflowError, TypeError):
        message = f'{said!r} is no moment: say "10 minutes ago", "2026-11-23 14:00" (UTC) or give a datetime.'
        raise InvalidError(message, moment=said) from None


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
