"""The files that a configuration names for TLS, and the contexts that are made of them."""

import os
from pathlib import Path
from typing import Final

import pytest

from httpdlite.conf.tree import Config
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.decide import decide_within
from httpdlite.routes.route import Route
from httpdlite.routes.site import Site
from httpdlite.serve.tls_contexts import ContextError
from httpdlite.serve.tls_sites import (
    NO_FILES,
    SiteTls,
    TlsFiles,
    check_tls,
    dump_files,
    load_files,
    read_tls_files,
    site_tls,
    write_sealed,
)
from tests.certificates import Authority
from tests.serve.front import config_of

AUTHORITY: Final = Authority.create()
ONE: Final = AUTHORITY.issue("one.test")
CLIENT: Final = AUTHORITY.client()
FILES: Final = {
    "one.pem": ONE.pem,
    "one.key": ONE.key,
    "ca.pem": AUTHORITY.pem,
    "machine.pem": CLIENT.pem + CLIENT.key,
}
PAIR: Final = "SSLEngine on\nSSLCertificateFile one.pem\nSSLCertificateKeyFile one.key\n"
VHOST: Final = f"Listen 443\n<VirtualHost *:443>\nServerName one.test\n{PAIR}</VirtualHost>\n"
SECTIONS: Final = """
<Proxy https://w.test/>
SSLProxyEngine on
</Proxy>
<Proxy https://w.test/shown>
SSLProxyEngine on
SSLProxyMachineCertificateFile machine.pem
</Proxy>
<Proxy https://w.test/off>
SSLProxyMachineCertificateFile one.pem
</Proxy>
"""


def configuration(folder: Path, text: str) -> Config:
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return config_of(text, str(folder), FILES)


def compiled(config: Config) -> Site:
    return compile_site(config, "own.test")


def test_without_tls_nothing_is_read(tmp_path: Path) -> None:
    config = configuration(tmp_path, "Listen 80\nProxyPass / http://w.test/\n")
    assert read_tls_files(config) == NO_FILES
    assert not site_tls(compiled(config), NO_FILES).is_used


def test_a_vhost_has_its_context_and_no_key_is_kept_beside_it(tmp_path: Path) -> None:
    config = configuration(tmp_path, VHOST)
    files = read_tls_files(config)
    assert files.servers == {str(tmp_path / n): FILES[n] for n in ("one.pem", "one.key")}
    check_tls(config, files)
    site = compiled(config)
    tls = site_tls(site, files)
    (vhost,) = [v for v in site.vhosts.values() if v.tls is not None]
    assert tls.is_used
    assert tls.context_of(vhost) is not None
    assert tls.context_of(site.main) is None
    assert files.servers == {}


def test_files_of_sections_are_there_where_they_count(tmp_path: Path) -> None:
    config = configuration(tmp_path, SECTIONS + "ProxyPass / https://w.test/\n")
    files = read_tls_files(config)
    assert files.workers == {str(tmp_path / "machine.pem"): FILES["machine.pem"]}
    site = compiled(config)
    found = decide_within(site.main, method=b"GET", target=b"/shown", upgrade=None).route
    assert isinstance(found, Route)
    towards = found.settings.worker_tls
    assert towards is not None
    assert towards.machine is not None
    tls = site_tls(site, files)
    assert tls.worker_context(towards) is tls.worker_context(towards)


def test_contexts_last_over_a_reload_unless_their_files_have_changed(tmp_path: Path) -> None:
    config = configuration(tmp_path, VHOST)
    site = compiled(config)
    (vhost,) = [v for v in site.vhosts.values() if v.tls is not None]

    def again(before: SiteTls) -> SiteTls:
        following = before.following(read_tls_files(config))
        for _ in following.make(site):
            pass
        following.drop_unused()
        return following

    first = site_tls(site, read_tls_files(config))
    same = again(first)
    assert same.context_of(vhost) is first.context_of(vhost)
    renewed = AUTHORITY.issue("one.test")
    (tmp_path / "one.pem").write_bytes(renewed.pem)
    (tmp_path / "one.key").write_bytes(renewed.key)
    other = again(same)
    assert other.context_of(vhost) is not same.context_of(vhost)


def test_an_error_names_the_vhost_the_directive_and_the_file(tmp_path: Path) -> None:
    config = configuration(tmp_path, VHOST)
    (tmp_path / "one.pem").unlink()
    with pytest.raises(ContextError) as missing:
        read_tls_files(config)
    assert str(missing.value).startswith(f"{tmp_path}/httpd.conf:2: ")
    assert f"{tmp_path}/one.pem: No such file" in str(missing.value)
    (tmp_path / "one.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(ContextError, match=r"httpd\.conf:2: SSLCertificateFile .*one\.pem"):
        check_tls(config, read_tls_files(config))


def test_files_travel_sealed() -> None:
    files = TlsFiles({"a": b"1"}, {"b": b"2"})
    number = os.memfd_create("files", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    write_sealed(number, [dump_files(files)])
    with pytest.raises(PermissionError):
        os.pwrite(number, b"x", 0)
    assert load_files(number) == files
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(number)
    assert load_files(None) == NO_FILES
