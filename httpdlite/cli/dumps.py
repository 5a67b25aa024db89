"""What -S, -M, -l, -L, -v, -V and -D DUMP_… print, in httpd's layout.

In: a reading or nothing. Out: the text. Rules: dump_vhost_config in server/vhost.c, core_dump_
config in server/core.c, show_compile_settings in server/main.c, mod_info, as observed with 2.4.71.
"""

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final, Protocol

from httpdlite.conf.call import Context
from httpdlite.conf.directives import core, core_content, registry, so, unixd
from httpdlite.conf.directives.mod_version import APACHE_VERSION
from httpdlite.conf.files import absolute
from httpdlite.conf.reader import Reading
from httpdlite.conf.registry import Entry
from httpdlite.conf.rows import Row
from httpdlite.conf.tree import Config, Node, ServerConfig, VhostAddress
from httpdlite.version import SERVER


class HostNames(Protocol):
    """What the system knows of names."""

    def name_of(self, address: str) -> str | None:
        """The name of an address, None if it has none."""
        ...

    def own_name(self) -> str | None:
        """This machine's fully qualified name; None if it cannot be determined."""
        ...


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


def _allowed(row: Row) -> str:
    """Where it may stand. What AllowOverride would have to include is left out."""
    contexts = row.contexts
    where = "anywhere"
    if not contexts & (Context.DIRECTORY | Context.PROXY):
        where = "only outside <Directory>, <Files>, <Location>, or <If>"
    elif not contexts & (Context.SERVER | Context.VHOST):
        where = "only inside <Directory>, <Files>, <Location>, or <If>"
    return f"Allowed in *.conf {where}{' and in .htaccess' if Context.HTACCESS in contexts else ''}"


def wanted(reading: Reading, names: Iterable[str], system: HostNames) -> str:
    """What the names of -D ask for, in httpd's order; "" if nothing."""
    asked = set(names)
    pages: dict[str, Callable[[], str]] = {
        "DUMP_INCLUDES": lambda: includes(reading.tree),
        "DUMP_CONFIG": lambda: config_tree(reading.nodes),
        "DUMP_VHOSTS": lambda: vhosts(reading.tree, system),
        "DUMP_RUN_CFG": lambda: run_settings(reading.tree),
        "DUMP_MODULES": lambda: loaded_modules(reading),
        "DUMP_PATTERNS": lambda: patterns(reading),
    }
    return "".join(page() for name, page in pages.items() if name in asked)


def loaded_modules(reading: Reading) -> str:
    """-M. What is built in, then what LoadModule brought, in its order, as shared."""
    there = reading.tree.modules
    modules = [m for m in registry().modules.values() if m.identifier in there]
    loaded = [
        acted.node.words[0].text
        for acted in reading.acted
        if acted.node.name == so.LOAD_MODULE.name and acted.node.words
    ]
    order = {name: place for place, name in enumerate(loaded)}
    modules.sort(key=lambda m: -1 if m.static else order.get(m.identifier, len(order)))
    lines = [f" {m.identifier} ({'static' if m.static else 'shared'})" for m in modules]
    return "\n".join(["Loaded Modules:", *lines, ""])


def patterns(reading: Reading) -> str:
    """-D DUMP_PATTERNS: which engine searches with each regular expression. httpd has none such."""
    from httpdlite.conf.patterns import as_bytes, engine  # noqa: PLC0415 - seldom wanted

    lines = ["Regular expressions:"]
    for span, name, text in reading.patterns:
        place = f"{span.apache_file}:{span.apache_line}" if span is not None else "-"
        shown = f"{name}>" if name.startswith("<") else name
        lines += [f"{place}: {shown} {text}", f"    {engine.plan_regex(as_bytes(text))}"]
    return "\n".join(lines) + "\n"


def includes(config: Config) -> str:
    """-D DUMP_INCLUDES."""
    lines = ["Included configuration files:"]
    for file in config.files:
        number = "*" if file.shown is None else str(file.shown)
        lines.append(f"{'  ' * (file.depth + 1)}({number}) {file.path}")
    return "\n".join(lines) + "\n"


# --- the tree -------------------------------------------------------------------------------------


def config_tree(nodes: Iterable[Node]) -> str:
    """-D DUMP_CONFIG: every line that was not done while reading. An empty section has no end."""
    page = _TreePage()
    stack: list[tuple[Iterator[Node], Node | None]] = [(iter(nodes), None)]
    while stack:
        inside, section = stack[-1]
        node = next(inside, None)
        if node is not None:
            page.opening(node, len(stack) - 1)
            if node.inside:
                stack.append((iter(node.inside), node))
            continue
        stack.pop()
        if section is not None:
            page.closing(section, len(stack) - 1)
    return "".join(f"{line}\n" for line in page.lines)


@dataclass(slots=True)
class _TreePage:
    """The lines of DUMP_CONFIG; the file is named where it changes."""

    lines: list[str] = field(default_factory=list)
    file: str = ""

    def opening(self, node: Node, depth: int) -> None:
        self._name_file(node)
        indent = "  " * depth
        self.lines += [f"{indent}#{node.line.number:4}:", f"{indent}{node.name} {node.args}"]

    def closing(self, node: Node, depth: int) -> None:
        self._name_file(node)
        self.lines.append(f"{'  ' * depth}</{node.name[1:]}>")

    def _name_file(self, node: Node) -> None:
        if node.line.apache_file != self.file:
            self.file = node.line.apache_file
            self.lines.append(f"# In file: {self.file}")


# --- settings of the run --------------------------------------------------------------------------


def run_settings(config: Config) -> str:
    """-D DUMP_RUN_CFG. Nothing is said of mutexes: there are none."""
    scope, root = config.main.scope, config.server_root
    pid_file = scope.get(core.PID_FILE)
    document_root = scope.get(core_content.DOCUMENT_ROOT)
    lines = [
        f'ServerRoot: "{root}"',
        *([f'Main DocumentRoot: "{document_root}"'] if document_root else []),
        f'Main ErrorLog: "{_error_log(scope[core.ERROR_LOG], root)}"',
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


def _error_log(target: str | None, root: str) -> str:
    if target is None:
        return "/dev/stderr"
    named = target.startswith(("|", "syslog:")) or target == "syslog"
    return target if named else absolute(root, target)


# --- vhosts ---------------------------------------------------------------------------------------


def vhosts(config: Config, system: HostNames) -> str:
    """-D DUMP_VHOSTS: the addresses, and which vhosts share them.

    httpd takes the vhosts from the last to the first and puts each new address before the others:
    of a bucket of its table for exact addresses, or of its list of wildcards, which comes last.
    """
    sets: dict[tuple[str, int], list[ServerConfig]] = {}
    for vhost in reversed(config.vhosts):
        for address in _listed(vhost.addresses):
            sets.setdefault((address.host, address.port), []).append(vhost)
    lines = ["VirtualHost configuration:"]
    names = _Names(config, system)
    newest_first = list(reversed(sets.items()))
    newest_first.sort(key=lambda item: _bucket(item[0]))
    for (host, port), servers in newest_first:
        lines.extend(_vhost_set(names, _address(host, port), port, servers[::-1]))
    return "\n".join(lines) + "\n"


def _listed(addresses: Sequence[VhostAddress]) -> Iterator[VhostAddress]:
    """The addresses as httpd counts them: a wildcard right after itself is one, others are two."""
    last: VhostAddress | None = None
    for address in addresses:
        again = last and (last.host, last.port) == (address.host, address.port)
        if not (again and address.host == "*"):
            yield address
        last = address


def _bucket(address: tuple[str, int]) -> int:
    """The place of an exact address in httpd's table (hash_inaddr, on a little-endian machine)."""
    host = address[0].partition("%")[0]
    if host == "*":
        return 256
    packed = ip_address(host).packed[-4:]
    key = int.from_bytes(packed, "little")
    key ^= key >> 16
    return ((key >> 8) ^ key) % 256


def _address(host: str, port: int) -> str:
    return f"{f'[{host}]' if ':' in host else host}:{port or '*'}"


@dataclass(frozen=True, slots=True)
class _Names:
    """What vhosts are called."""

    config: Config
    system: HostNames

    def of(self, server: ServerConfig) -> str:
        """The name and the place."""
        assert server.span is not None
        return f"{self._name(server)} ({server.span.apache_file}:{server.span.apache_line})"

    def _name(self, server: ServerConfig) -> str:
        own = server.own.get(core.SERVER_NAME)
        if own is not None:
            return own.name
        if any(address.host == "*" for address in server.addresses):
            main = self.config.main.scope.get(core.SERVER_NAME)
            return main.name if main else self.system.own_name() or "127.0.0.1"
        return self.system.name_of(server.addresses[0].host) or "bogus_host_without_reverse_dns"


def _vhost_set(
    names: _Names, address: str, port: int, servers: list[ServerConfig]
) -> Iterator[str]:
    first = names.of(servers[0])
    if len(servers) == 1:
        yield f"{address:<22} {first}"
        return
    yield f"{address:<22} is a NameVirtualHost"
    yield f"         default server {first}"
    for server in servers:
        yield f"         port {port or '*'} namevhost {names.of(server)}"
        yield from _aliases(server.own[core.SERVER_ALIAS])


def _aliases(aliases: Iterable[str]) -> Iterator[str]:
    for wild in (False, True):
        for alias in aliases:
            if any(char in alias for char in "*?") is wild:
                yield f"                 {'wild alias' if wild else 'alias'} {alias}"
