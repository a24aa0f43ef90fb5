"""Times that differ from run to run."""

import email.utils


def after_date(expires, date):
    """How long after Date a time lies, where it lies near it; else the time itself."""
    try:
        distance = (email.utils.parsedate_to_datetime(expires) - email.utils.parsedate_to_datetime(date)).total_seconds()
    except (TypeError, ValueError):
        return expires
    return f"Date + {distance:.0f} s" if abs(distance) < 10 * 86400 else expires
