"""The cases of Apache's language, a module for each subject; each has `groups()`."""

from . import balancing, proxying, reversing
from .files import FILES

MODULES = [proxying, reversing, balancing]


def every():
    """All groups of cases."""
    return [group for module in MODULES for group in module.groups()]
