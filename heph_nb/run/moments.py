"""Moments as people say them: ``"10 minutes ago"``, an ISO text, a datetime."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from heph_nb.errors import InvalidError

_AGO = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(second|minute|hour|day|week)s?\s+ago\s*", re.IGNORECASE)


def moment(said: str | datetime, now: datetime | None = None) -> datetime:
    """Return the moment that is meant, in UTC.

    Parameters
    ----------
    said : str or datetime
        ``"10 minutes ago"`` (seconds, minutes, hours, days, weeks), an ISO text, or a datetime. What has no zone is
        taken as UTC, like every time that heph_nb shows.
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
    ago = _AGO.fullmatch(said)
    try:
        if ago:
            length = timedelta(**{f"{ago[2].lower()}s": float(ago[1])})
            return (now or datetime.now(UTC)) - length
        return _utc(datetime.fromisoformat(said.strip()))
    except (ValueError, OverflowError):
        message = f'{said!r} is no moment: say "10 minutes ago", "2026-11-23 14:00" (UTC) or give a datetime.'
        raise InvalidError(message, moment=said) from None


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
