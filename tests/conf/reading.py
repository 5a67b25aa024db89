"""What tests of the conf stage share: a reading from a text, without disk and network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from httpdlite.conf.reader import ConfigSource, DictFiles, Reading, read_config
from httpdlite.diagnostics import Diagnostic, Severity, apache_lines, first_error

ROOT: Final = "/root"
CONF: Final = "/root/httpd.conf"
PREAMBLE: Final = "ServerName pre.example\nErrorLog /root/logs/error_log\n"


@dataclass(frozen=True, slots=True)
class FakeNames:
    """A system that knows a few names."""

    hosts: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"localhost": ("127.0.0.1",), "b.test": ("10.0.0.2", "10.0.0.3")}
    )
    accounts: Mapping[str, int] = field(default_factory=lambda: {"root": 0, "www-data": 33})
    fqdn: str | None = "me.example"

    def addresses(self, host: str) -> tuple[str, ...]:
        return self.hosts.get(host, ())

    def user(self, name: str) -> int | None:
        return self.accounts.get(name)

    def group(self, name: str) -> int | None:
        return self.accounts.get(name)

    def own_name(self) -> str | None:
        return self.fqdn


def read(
    text: str | bytes,
    files: Mapping[str, str | bytes] | None = None,
    *,
    preamble: str = PREAMBLE,
    defines: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    names: FakeNames | None = None,
    after: Sequence[str] = (),
    waived: Sequence[str] = (),
    now: float | None = None,
) -> Reading:
    """Reads `text` as /root/httpd.conf; `files` are further ones, by path below /root."""
    content: dict[str, str | bytes] = {f"{ROOT}/{p}": t for p, t in (files or {}).items()}
    content |= {CONF: text, f"{ROOT}/pre.conf": preamble}
    source = ConfigSource(
        CONF,
        ROOT,
        tuple(defines),
        (f"Include {ROOT}/pre.conf",),
        tuple(after),
        environment or {},
        waived=tuple(waived),
        now=now,
    )
    disk = DictFiles(content, [f"{ROOT}/logs", f"{ROOT}/htdocs", f"{ROOT}/inc", "/var"])
    return read_config(source, disk, names or FakeNames())


def verdict(reading: Reading) -> list[str]:
    """What Apache would print: the lines of its first error, or `Syntax OK`."""
    found = first_error(reading.diagnostics)
    return apache_lines(found, "httpdlite") if found else ["Syntax OK"]


def errors(reading: Reading) -> list[Diagnostic]:
    """Everything that keeps the configuration from being started."""
    return [found for found in reading.diagnostics if found.severity is Severity.ERROR]


def codes(reading: Reading) -> list[str]:
    """The codes of all findings, in their order."""
    return [found.code for found in reading.diagnostics]
