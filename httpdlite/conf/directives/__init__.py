"""The tables of directives, one file per httpd module, and the registry made of them.

A row is a module-level constant of the file that is named after its module. Nothing lists the rows
a second time: the registry takes every constant that is one. Modules that are only judged share a
file with their like (`JUDGED`).
"""

from functools import cache
from types import ModuleType
from typing import Final

from httpdlite.conf.call import Module
from httpdlite.conf.directives import (
    authentication,
    authentication_elsewhere,
    balancers,
    basic_authentication,
    caching,
    content,
    core,
    core_content,
    core_limits,
    core_requests,
    core_sections,
    core_system,
    data_stores,
    error_document,
    file_paths,
    filters,
    http_core,
    httpdlite_logs,
    listings,
    log_config,
    mod_access_compat,
    mod_alias,
    mod_authz_core,
    mod_env,
    mod_headers,
    mod_http2,
    mod_httpdlite,
    mod_logio,
    mod_lua,
    mod_macro,
    mod_md,
    mod_proxy,
    mod_proxy_hcheck,
    mod_proxy_html,
    mod_proxy_wstunnel,
    mod_remoteip,
    mod_reqtimeout,
    mod_rewrite,
    mod_setenvif,
    mod_ssl,
    mod_ssl_proxy,
    mod_ssl_rest,
    mod_systemd,
    mod_version,
    mpm,
    mpm_limits,
    observing,
    proxy_exchange,
    proxy_settings,
    rare_modules,
    response_fields,
    scripts,
    smart_filters,
    so,
    stock,
    unixd,
)
from httpdlite.conf.directives.third_party import third_party_tables
from httpdlite.conf.registry import Registry
from httpdlite.conf.rows import Directive, Row, Section

TABLES: Final = (
    core,
    core_requests,
    error_document,
    http_core,
    httpdlite_logs,
    log_config,
    mod_env,
    mod_httpdlite,
    mod_logio,
    mod_macro,
    mod_proxy,
    balancers,
    mod_proxy_wstunnel,
    mod_reqtimeout,
    mod_systemd,
    mod_version,
    mpm,
    proxy_exchange,
    so,
    unixd,
)

JUDGED: Final[tuple[ModuleType, ...]] = (
    basic_authentication,
    authentication,
    authentication_elsewhere,
    balancers,
    caching,
    content,
    core_content,
    core_limits,
    core_sections,
    core_system,
    data_stores,
    file_paths,
    filters,
    listings,
    mod_access_compat,
    mod_alias,
    mod_authz_core,
    mod_headers,
    mod_http2,
    mod_lua,
    mod_md,
    mod_proxy_hcheck,
    mod_proxy_html,
    mod_remoteip,
    mod_rewrite,
    mod_setenvif,
    mod_ssl,
    mod_ssl_proxy,
    mod_ssl_rest,
    mpm_limits,
    observing,
    proxy_settings,
    rare_modules,
    response_fields,
    scripts,
    smart_filters,
    stock,
)
"""Tables with `MODULES`, pairs of a Module and its rows: of several modules in one file, of parts
of one, and of those that httpdlite judges as httpd does, without an effect of their own.
"""

WITHOUT_DIRECTIVES: Final = (
    mod_proxy.HTTP_MODULE,
    Module("watchdog_module", "mod_watchdog.c", static=True),
)
"""Implemented modules of which no directive is (yet)."""


@cache
def registry() -> Registry:
    """Every directive and section that stock httpd and third-party modules know."""
    tables = [(_module(table), _rows(table)) for table in TABLES]
    judged = [(module, list(rows)) for table in JUDGED for module, rows in table.MODULES]
    without = [(module, list[Row]()) for module in WITHOUT_DIRECTIVES]
    return Registry([*tables, *judged, *without, *third_party_tables()])


def _module(table: ModuleType) -> Module:
    module = vars(table)["MODULE"]
    assert isinstance(module, Module)
    return module


def _rows(table: ModuleType) -> list[Row]:
    return [value for value in vars(table).values() if isinstance(value, Directive | Section)]
