"""Times that differ from run to run."""

import email.utils


def after_date(expires, date):
    """How long after Date a time lies, where it lies near it; else the time itself."""
    try:
        moment, now = email.utils.parsedate_to_datetime(expires), email.utils.parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return expires
    distance = (moment - now).total_seconds()
    return f"Date + {distance:.0f} s" if abs(distance) < 10 * 86400 else expires
