"""Moments as people say them."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from heph_nb.errors import InvalidError
from heph_nb.run.moments import moment

NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("10 minutes ago", NOW - timedelta(minutes=10)),
        ("1 hour ago", NOW - timedelta(hours=1)),
        (" 1.5  Days AGO ", NOW - timedelta(days=1.5)),
        ("2 weeks ago", NOW - timedelta(weeks=2)),
        ("10 min ago", NOW - timedelta(minutes=10)),
        ("2h ago", NOW - timedelta(hours=2)),
        ("2026-11-23 14:00", NOW),
        ("2026-11-23T15:00+01:00", NOW),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        (date(2026, 11, 23), datetime(2026, 11, 23, tzinfo=UTC)),
        (datetime(2026, 11, 23, 14, 0), NOW),  # noqa: DTZ001 - the point of it
        (datetime(2026, 11, 23, 16, 0, tzinfo=timezone(timedelta(hours=2))), NOW),
    ],
)
def test_a_moment_is_understood_and_given_in_utc(said, expected):
    found = moment(said, now=NOW)
    assert found == expected
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "said",
    [
        "yesterday",
        "",
        "10 fortnights ago",
        "ago",
        "99999999999999 days ago",
        "2026-13-01",
        None,
        5,
        b"1 hour ago",
        [],
        float("nan"),
    ],
)
def test_what_says_no_moment_is_refused_with_what_would(said):
    with pytest.raises(InvalidError, match="10 minutes ago"):
        moment(said)
