"""What two Sites must have in common to be called equal: all that requests can notice.

Compiled functions cannot be compared; so patterns are compared by what they make of paths.
"""

from collections.abc import Iterator
from typing import Any, Final

from httpdlite.routes.decide import Decision, decide
from httpdlite.routes.outcomes import Outcomes
from httpdlite.routes.site import Site, Vhost
from httpdlite.routes.table import Rule, Section
from httpdlite.routes.worker import Worker

PATHS: Final = ("/", "/a", "/a/b", "/x/../y", "//a//b", "/a%2Fb", "/ws", "/a?q=1", "*", "/é")


def vhost_parts(vhost: Vhost) -> dict[str, Any]:
    """A vhost in comparable parts."""
    table = vhost.table
    return {
        "names": (vhost.key, vhost.server_name, vhost.names, vhost.patterns, vhost.address_texts),
        "place": vhost.place,
        "url": (vhost.scheme, vhost.name_bytes, vhost.port),
        "logs": (vhost.error_log, [target.file for target in vhost.access_logs]),
        "scope": table.scope,
        "settings": table.settings,
        "reverse": table.reverse,
        "workers": [worker_parts(worker) for worker in table.workers],
        "rules": [rule_parts(rule) for rule in table.rules],
        "sections": [section_parts(section) for section in table.sections],
        "proxies": [scope for _, scope in table.proxy_sections.sections],
    }


def worker_parts(worker: Worker) -> tuple[object, ...]:
    return (worker.key, worker.owner, worker.parameters, worker.span, worker.matches)


def rule_parts(rule: Rule) -> tuple[object, ...]:
    is_sure = rule.worker is not None or rule.is_exclusion
    workers = [rule.worker] if is_sure else rule.candidates
    names = [worker and worker.key for worker in workers]
    return (rule.source, rule.key, rule.authority, names)


def section_parts(section: Section) -> tuple[object, ...]:
    rule = rule_parts(section.rule) if section.rule is not None else None
    return (section.scope, rule, section.reverse)


def site_parts(site: Site) -> dict[str, Any]:
    """A Site in comparable parts."""
    return {
        "vhosts": {key: vhost_parts(vhost) for key, vhost in site.vhosts.items()},
        "main": site.main.key,
        "exact": {key: [v.key for v in found.vhosts] for key, found in site.exact.items()},
        "ports": {key: [v.key for v in found.vhosts] for key, found in site.by_port.items()},
        "listens": site.listens,
        "others": (
            site.settings,
            site.pid_file,
            site.backlog,
            site.send_buffer,
            site.receive_buffer,
            site.user,
            site.group,
            site.graceful_shutdown_timeout,
        ),
    }


def requests(site: Site) -> Iterator[tuple[str, bytes, str, int, bytes | None]]:
    """Hosts, targets, local addresses and Upgrades that mean something for this Site."""
    addresses = {("127.0.0.1", 80), *site.exact, *(("127.0.0.1", port) for port in site.by_port)}
    for vhost in site.vhosts.values():
        rules = [rule.source.path or "/" for rule in vhost.table.rules]
        paths = [path for rule in rules if rule.isascii() for path in (rule, rule + "/x")]
        hosts = [vhost.server_name, *vhost.names, "other.test", "x.one.test"]
        for host in dict.fromkeys(hosts):
            for ip, port in sorted(addresses):
                for path in dict.fromkeys((*PATHS, *paths)):
                    for upgrade in (None, b"websocket"):
                        yield host, path.encode(), ip, port, upgrade


def decisions(site: Site) -> Iterator[tuple[str, object]]:
    """What becomes of these requests, in comparable parts."""
    for host, target, ip, port, upgrade in requests(site):
        found = decide(
            site,
            method=b"GET",
            target=target,
            minor=1,
            host=host.encode(),
            upgrade=upgrade,
            local_ip=ip,
            local_port=port,
        )
        yield f"{host} {ip}:{port} {target!r}", decision_parts(found)


def decision_parts(decision: Decision) -> object:
    """A decision, its worker by its parts."""
    assert not isinstance(decision.route, Outcomes)  # nobody remembers here
    route = tuple(
        worker_parts(part) if isinstance(part, Worker) else part for part in decision.route or ()
    )
    return decision.vhost.key, decision.path, route
