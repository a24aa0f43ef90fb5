"""The cases of Apache's language, a module for each subject; each has `groups()`."""

from . import access, balancing, fields, hosts, proxying, redirecting, reversing, serving
from .files import FILES

MODULES = [proxying, reversing, balancing, redirecting, serving, fields, access, hosts]


def every():
    """All groups of cases."""
    return [group for module in MODULES for group in module.groups()]
