"""What -S, -M, -l, -L, -v, -V and -D DUMP_… print, in httpd's layout.

In: a config tree or nothing. Out: the text. Rules: dump_vhost_config in server/vhost.c, core_dump_
config in server/core.c, show_compile_settings in server/main.c, as observed with 2.4.71.
"""

import platform
from collections.abc import Iterable, Iterator
from typing import Any, Final

from httpdlite.conf.directives import core, registry, unixd
from httpdlite.conf.directives.mod_version import APACHE_VERSION
from httpdlite.conf.files import absolute
from httpdlite.conf.registry import Context, Directive, Entry
from httpdlite.conf.tree import Config, ServerConfig
from httpdlite.version import SERVER

NO_ID: Final = 4294967295  # what httpd shows for an id of -1


def version() -> str:
    """-v."""
    return f"Server version: {SERVER}\nServer built:   Python {platform.python_version()}\n"


def compile_settings(server_root: str) -> str:
    """-V."""
    bits = platform.architecture()[0].removesuffix("bit")
    return (
        f"{version()}Configuration of: Apache/{'.'.join(map(str, APACHE_VERSION))}\n"
        f"Architecture:   {bits}-bit\n"
        "Server MPM:     event\n  threaded:     no\n    forked:     no\n"
        f'Server compiled with....\n -D HTTPD_ROOT="{server_root}"\n'
        ' -D SERVER_CONFIG_FILE="httpd.conf"\n'
    )


def compiled_modules() -> str:
    """-l."""
    names = [module.file for module in registry().modules.values() if module.implemented]
    return "Compiled in modules:\n" + "".join(f"  {name}\n" for name in names)


def directives() -> str:
    """-L: what is implemented, with its file, its help and where it may stand."""
    return "".join(
        _directive(entry) for entry in registry().rows.values() if not entry.row.unsupported
    )


def _directive(entry: Entry) -> str:
    row = entry.row
    return f"{row.name} ({entry.modules[0].file})\n\t{row.doc}\n\t{_allowed(row)}\n"


def _allowed(row: Any) -> str:
    contexts = row.contexts
    if isinstance(row, Directive) and row.at_read:
        return "Allowed in *.conf anywhere"
    if Context.DIRECTORY not in contexts:
        return "Allowed in *.conf only outside <Directory>, <Files>, <Location>, or <If>"
    if Context.HTACCESS in contexts:
        return "Allowed in *.conf anywhere and in .htaccess"
    return "Allowed in *.conf anywhere"


def loaded_modules(config: Config) -> str:
    """-M. What LoadModule brought is shared, as in httpd."""
    lines = ["Loaded Modules:"]
    for identifier, module in registry().modules.items():
        if identifier in config.modules:
            lines.append(f" {identifier} ({'static' if module.static else 'shared'})")
    return "\n".join(lines) + "\n"


def includes(config: Config) -> str:
    """-D DUMP_INCLUDES."""
    lines = ["Included configuration files:"]
    for file in config.files:
        number = "*" if file.line is None else str(file.line)
        lines.append(f"{'  ' * (file.depth + 1)}({number}) {file.path}")
    return "\n".join(lines) + "\n"


def run_settings(config: Config) -> str:
    """-D DUMP_RUN_CFG."""
    scope, root = config.main.scope, config.server_root
    error_log = scope[core.ERROR_LOG]
    pid_file = scope.get(core.PID_FILE)
    lines = [
        f'ServerRoot: "{root}"',
        f'Main ErrorLog: "{absolute(root, error_log) if error_log else "/dev/stderr"}"',
        f'PidFile: "{absolute(root, pid_file) if pid_file else ""}"',
        *(
            f"Define: {name}{f'={value}' if value else ''}"
            for name, value in config.defines.items()
        ),
    ]
    for kind, row in (("User", unixd.USER), ("Group", unixd.GROUP)):
        account = scope.get(row)
        name, number = (account.name, account.id) if account else ("#-1", NO_ID)
        lines.append(f'{kind}: name="{name}" id={number}')
    return "\n".join(lines) + "\n"


def vhosts(config: Config) -> str:
    """-D DUMP_VHOSTS: the addresses, and which vhosts share them."""
    sets: dict[tuple[str, int], list[ServerConfig]] = {}
    for vhost in config.vhosts:
        for address in vhost.addresses:
            shared = sets.setdefault((address.host, address.port), [])
            if vhost not in shared:
                shared.append(vhost)
    lines = ["VirtualHost configuration:"]
    for (host, port), servers in sorted(sets.items(), key=_precedence):
        lines.extend(_vhost_set(config, _address(host, port), port, servers))
    return "\n".join(lines) + "\n"


def _precedence(item: tuple[tuple[str, int], Any]) -> tuple[bool, bool]:
    (host, port), _ = item
    return host == "*", port == 0


def _address(host: str, port: int) -> str:
    return f"{f'[{host}]' if ':' in host else host}:{port or '*'}"


def _vhost_set(
    config: Config, address: str, port: int, servers: list[ServerConfig]
) -> Iterator[str]:
    first = _named(config, servers[0])
    if len(servers) == 1:
        yield f"{address:<22} {first}"
        return
    yield f"{address:<22} is a NameVirtualHost"
    yield f"         default server {first}"
    for server in servers:
        yield f"         port {port or '*'} namevhost {_named(config, server)}"
        yield from _aliases(server.own[core.SERVER_ALIAS])


def _aliases(aliases: Iterable[str]) -> Iterator[str]:
    for wild in (False, True):
        for alias in aliases:
            if any(char in alias for char in "*?") is wild:
                yield f"                 {'wild alias' if wild else 'alias'} {alias}"


def _named(config: Config, server: ServerConfig) -> str:
    assert server.span is not None
    return f"{_name(config, server)} ({server.span.file}:{server.span.end_line})"


def _name(config: Config, server: ServerConfig) -> str:
    own = server.own.get(core.SERVER_NAME)
    if own is not None:
        return own.name
    if any(address.host == "*" for address in server.addresses):
        main = config.main.scope.get(core.SERVER_NAME)
        return main.name if main else "localhost"
    return "bogus_host_without_reverse_dns"
