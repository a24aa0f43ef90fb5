"""The cases, a module for each subject; each has `groups()`."""

from . import choice, combined, errors, fields, files, framing, guards, hosts, passing, proxy_uri, responses, rewriting, upstreams, variables

MODULES = [choice, proxy_uri, passing, rewriting, errors, files, hosts, fields, framing, responses, upstreams, variables, guards, combined]


def every():
    """All groups of cases."""
    return [group for module in MODULES for group in module.groups()]
