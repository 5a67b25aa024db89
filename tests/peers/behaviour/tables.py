"""All configurations, from the tables beside this file, in families.

The members of a family have a server together, a virtual host with a port for each; what is alone
is the main server. A start costs more than a hundred requests.
"""

from collections.abc import Collection
from typing import Final

from tests.peers.behaviour import (
    access,
    access_users,
    bodies,
    conditions,
    errors,
    faults,
    fields,
    framing,
    headers,
    headers_conditions,
    headers_servers,
    hostile,
    kinds,
    mixtures,
    paths,
    proxying,
    redirects,
    remoteip,
    replies,
    reverse,
    rewriting,
    rewriting_conditions,
    rewriting_maps,
    rewriting_proxying,
    rewriting_sections,
    sections,
    targets,
    timeouts,
    variables,
    vhosts,
)
from tests.peers.behaviour.differences import REFUSED
from tests.peers.behaviour.language import Configuration

Family = tuple[Configuration, ...]

FAMILIES: Final[dict[str, Family]] = {
    "targets": targets.TABLES,
    "paths": paths.TABLES,
    "fields": fields.TABLES,
    "framing": framing.TABLES,
    "bodies": bodies.TABLES,
    "keeping": bodies.KEEPING_TABLES,
    "faults": faults.TABLES,
    "replies": replies.TABLES,
    "reverse": reverse.TABLES,
    "errors": errors.TABLES,
    "heads": proxying.HEADS,
    "proxying": proxying.TABLES,
    "environment": proxying.ENVIRONMENT,
    "workers": proxying.WORKERS,
    "timeouts": timeouts.TABLES,
    "kinds": kinds.TABLES,
    "mixtures": mixtures.TABLES,
    "access": access.TABLES,
    "users": access_users.TABLES,
    "headers": headers.TABLES,
    "headers, conditions": headers_conditions.TABLES,
    "headers, servers": headers_servers.TABLES,
    "redirects": redirects.TABLES,
    "rewriting": rewriting.TABLES,
    "rewriting, conditions": rewriting_conditions.TABLES,
    "rewriting, maps": rewriting_maps.TABLES,
    "rewriting, sections": rewriting_sections.TABLES,
    "rewriting, proxying": rewriting_proxying.TABLES,
    "variables": variables.TABLES,
    "remote addresses": remoteip.TABLES,
    "expressions": conditions.TABLES,
    "merging": sections.TABLES,
    "hostile": hostile.TABLES,
}
ALONE: Final = (
    *sections.ALONE,
    *access_users.ALONE,
    *(targets.TARGETS, paths.SHAPES, paths.SECTIONS, fields.FIELDS, errors.SIGNED),
    *(proxying.SET_IF, *vhosts.TABLES, timeouts.READING[0]),
    *(timeouts.BY_VHOST, timeouts.READ_BY_VHOST),
    *headers_servers.TABLES,
    *rewriting_sections.INHERITANCE,
    *rewriting_sections.VHOSTS,
)
"""What has to be in the main server, or speaks of virtual hosts itself."""


UNSERVED: Final = tuple(
    each for family in FAMILIES.values() for each in family if each.name in REFUSED
)
"""Configurations that httpdlite refuses on purpose."""


def _families() -> dict[str, Family]:
    return {
        **{name: left for name, family in FAMILIES.items() if (left := _without(family, ALONE))},
        **{f"main server, {each.name}": (each,) for each in _without(ALONE, UNSERVED)},
    }


def _without(family: Family, others: Collection[Configuration]) -> Family:
    return tuple(each for each in family if each not in others and each not in UNSERVED)


GROUPS: Final = _families()
