"""The cases, a module for each subject; each has `groups()`."""

from . import choice, errors, fields, files, framing, hosts, passing, proxy_uri, responses, rewriting, upstreams, variables

MODULES = [choice, proxy_uri, passing, rewriting, errors, files, hosts, fields, framing, responses, upstreams, variables]


def every():
    """All groups of cases."""
    return [group for module in MODULES for group in module.groups()]
