"""The cases of Apache's language, a module for each subject; each has `groups()`."""

from . import access, balancing, caching, clients, debian, expressions, fields, hosts, htaccess, logs, merging, proxying, redirecting, requests, reversing, rewriting, serving, syntax, tls
from .files import FILES

MODULES = [proxying, reversing, balancing, redirecting, serving, fields, clients, access, hosts, rewriting, merging, expressions, syntax, logs, requests, tls, debian, caching, htaccess]


def every():
    """All groups of cases."""
    return [group for module in MODULES for group in module.groups()]
