"""The configurations of the benchmark's proxies: the same site, in each one's words.

In: a `Setup`: a folder, ports, how many connections must fit, the `Site`. Out: the command that
runs the proxy, its configuration written. `/http/` is an ordinary location with keep-alive on both
sides, `/tunnel/` one that may switch to a WebSocket. A configuration says what such a site needs:
long time limits, room for the connections, a listen backlog of 4,096. Everything else, buffer sizes
too, is the program's default, but for nginx's buffer of a request's body: its 8 KiB would send
every posted body of 16 KiB through a file, at ten times the cost. nginx and HAProxy run one worker
process or thread, and httpdlite one child; Apache's event MPM runs as many children as the
connections need threads, since each tunnel holds one. How two children of httpdlite compare with
one is a program of its own, `httpdlite2`.

With TLS it ends at the proxy, with one certificate (ECDSA P-256) for all of them. They speak TLS
1.3, the load nothing older, with the ciphers and the groups that are their defaults, which come out
the same. Sessions are as each has them without being told: all of them give out tickets, which any
of their processes takes, and none has a cache between processes.

Rules are such as people collect: most of them are about other requests, three conditions of
RewriteRules are asked of every one, the last rule sends it to the worker. nginx and HAProxy have no
such words and are left out there.

Many vhosts and many paths are written as people write them: VirtualHost and ProxyPass, server and
location, and for HAProxy a map from name or path to one backend each. Access logs go to a file in
each one's usual form: combined, HAProxy's own `option httplog`. HAProxy cannot write to a file
itself; its standard output, which is the file, is its cheapest way: one write per line, as nginx
and Apache write, and no reader on the other side.
"""

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.programs import find
from benchmarks.sites import Site
from tests.certificates import Authority, Issued
from tests.peers.harness import APACHE_MODULES, LOOPBACK, unprivileged

APACHE_THREADS = 256  # per child; its default, 25, would mean hundreds of children
SPARE = 256  # connections beyond the clients'


@dataclass(frozen=True, slots=True)
class Setup:
    """Where a proxy runs, in front of what, and what it serves."""

    root: Path
    port: int
    worker: int  # the worker's port
    connections: int
    site: Site

    @property
    def worker_authority(self) -> str:
        """The worker's address and port."""
        return f"{LOOPBACK}:{self.worker}"

    @property
    def has_tunnels(self) -> bool:
        """Whether it has `/tunnel/`."""
        return not self.site.vhosts and not self.site.rules


@cache
def issued() -> Issued:
    """The certificate of all proxies, made anew in every run."""
    return Authority.create("Benchmark CA").issue("bench.test")


def write_certificate(setup: Setup) -> None:
    """Writes `server.pem` and `server.key` for a site with TLS, both in `both.pem`."""
    if setup.site.is_secure:
        issued().write(setup.root, "server")
        (setup.root / "both.pem").write_bytes(issued().chain + issued().key)


def descriptors_for(connections: int) -> int:
    """How many descriptors a process needs that holds both ends of so many connections."""
    return 2 * (connections + SPARE)


# --- Apache's words ------------------------------------------------------------------------------

RULES = """\
ServerName bench.test
Listen {host}:{port}
PidFile "{root}/pid"
ErrorLog "{root}/error.log"
Timeout 3600
KeepAliveTimeout 3600
MaxKeepAliveRequests 0
"""
COMBINED = r"""
LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined
CustomLog "access.log" combined
"""
SECURE = """
SSLEngine on
SSLCertificateFile "{root}/server.pem"
SSLCertificateKeyFile "{root}/server.key"
SSLProtocol TLSv1.3
"""
RULED = r"""
RewriteEngine On
RewriteCond %{{HTTP:Upgrade}} websocket [NC]
RewriteCond %{{HTTP:Connection}} upgrade [NC]
RewriteRule ^/?(.*) ws://{worker}/$1 [P,L]
RewriteCond %{{HTTP_HOST}} ^www\.(.+)$ [NC]
RewriteRule ^ http://%1%{{REQUEST_URI}} [R=301,L]
RewriteCond %{{REQUEST_METHOD}} ^(TRACE|TRACK)$
RewriteRule .* - [F]
RewriteCond %{{QUERY_STRING}} (?:^|&)debug=1(?:&|$)
RewriteRule ^ - [F]
RewriteRule (?:^|/)\.(?:git|svn|ht) - [F]
RewriteRule \.(?:bak|old|orig|sql|swp)$ - [F,NC]
RewriteRule ^/old/(.*)$ /new/$1 [R=301,L]
RewriteRule ^/blog/([0-9]{{4}})/([0-9]{{2}})/(.*)$ /posts/$1-$2/$3 [R=301,L]
RewriteRule ^/index\.php$ / [R=301,L]
RewriteRule ^/wp-(?:admin|login) - [G]
RewriteRule ^/feed/?$ /rss.xml [PT]
RewriteRule ^/user/([a-z]+)/?$ /profile?name=$1 [PT,QSA]
RewriteRule ^/img/(.+)@2x\.png$ /img/$1-large.png [PT]
RewriteRule ^/(?:de|fr|it)/(.*)$ /$1 [PT]
RewriteRule ^/download/(.*)$ /files/$1 [PT]
RewriteRule ^/socket\.io/(.*) http://{worker}/socket.io/$1 [P,L]
RewriteRule ^/status$ - [G]
RewriteRule ^/api/v1/(.*)$ /api/v2/$1 [PT]
RewriteRule ^/http/ - [E=seen:yes]
RewriteRule ^/http/(.*)$ http://{worker}/http/$1 [P]
RequestHeader set X-Forwarded-Proto "http"
RequestHeader set X-Forwarded-Port "80"
RequestHeader set X-Seen "%{{seen}}e" env=seen
RequestHeader unset Proxy
RequestHeader edit Accept-Encoding "br" "gzip"
Header always set X-Frame-Options "SAMEORIGIN"
Header always set X-Content-Type-Options "nosniff"
Header set Referrer-Policy "no-referrer"
Header append Vary "Accept"
Header unset X-Powered-By
<If "%{{REQUEST_URI}} =~ m#^/http/#">
Header set X-Kind "http"
</If>
<If "%{{HTTP:Authorization}} != ''">
Header set Cache-Control "private"
</If>
<If "-n %{{QUERY_STRING}}">
Header set Cache-Control "no-store"
</If>
"""
VHOST = """\
<VirtualHost *:{port}>
ServerName {name}
{rules}
</VirtualHost>
"""
APACHE = """\
Mutex fcntl:{root}
{modules}
{user}
StartServers {children}
ServerLimit {children}
ThreadLimit {threads}
ThreadsPerChild {threads}
MaxRequestWorkers {workers}
MinSpareThreads 1
MaxSpareThreads {workers}
ListenBacklog 4096
"""


def apache_words(setup: Setup, more: str = "") -> Path:
    """Writes a configuration that Apache and httpdlite read; `more` is what only one needs."""
    site, worker = setup.site, setup.worker_authority
    write_certificate(setup)
    rules = "\n".join(f'ProxyPass "{path}" "http://{worker}{path}"' for path in site.paths)
    if setup.has_tunnels:
        rules += f'\nProxyPass "/tunnel/" "ws://{worker}/"'
    if site.is_ruled:
        rules += RULED.format(worker=worker)
    vhosts = [VHOST.format(port=setup.port, name=name, rules=rules) for name in site.hosts]
    text = "\n".join(
        [
            f'ServerRoot "{setup.root}"',
            more,
            RULES.format(host=LOOPBACK, port=setup.port, root=setup.root),
            COMBINED if site.is_logged else "",
            SECURE.format(root=setup.root) if site.is_secure else "",
            *(vhosts or [rules]),
        ]
    )
    conf = setup.root / "httpd.conf"
    conf.write_text(text + "\n")
    return conf


def prepare_apache(setup: Setup) -> list[str]:
    """The real httpd with the event MPM and threads for all the connections and some more."""
    children = (setup.connections + SPARE) // APACHE_THREADS + 1
    names = ["mpm_event", "authz_core", "proxy", "proxy_http", "proxy_wstunnel"]
    if setup.site.is_secure:
        names.append("ssl")
    if setup.site.is_ruled:
        names += ["rewrite", "headers"]
    modules = (f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in names)
    more = APACHE.format(
        root=setup.root,
        modules="\n".join(modules),
        user=f"User #{unprivileged().pw_uid}" if os.getuid() == 0 else "",
        children=children,
        threads=APACHE_THREADS,
        workers=children * APACHE_THREADS,
    )
    return [find("apache2") or "", "-f", str(apache_words(setup, more)), "-DFOREGROUND"]


def prepare_httpdlite(setup: Setup) -> list[str]:
    """This checkout's httpdlite."""
    return _httpdlite(setup, 1)


def prepare_httpdlite2(setup: Setup) -> list[str]:
    """The same with two children."""
    return _httpdlite(setup, 2)


def _httpdlite(setup: Setup, children: int) -> list[str]:
    words = apache_words(setup, f"StartServers {children}")
    return [sys.executable, "-m", "httpdlite", "-f", str(words)]


# --- nginx ---------------------------------------------------------------------------------------

NGINX = """\
daemon off;
{user}
worker_processes 1;
pid {root}/nginx.pid;
error_log {root}/error.log;
worker_rlimit_nofile {descriptors};
events {{ worker_connections {descriptors}; }}
http {{
    access_log {log};
    server_names_hash_max_size 4096;
    client_body_buffer_size 64k;
    client_body_temp_path {root}/body;
    proxy_temp_path {root}/proxy;
    fastcgi_temp_path {root}/fastcgi;
    uwsgi_temp_path {root}/uwsgi;
    scgi_temp_path {root}/scgi;
    keepalive_requests 100000000;
    upstream worker {{ server {worker}; keepalive 128; keepalive_requests 100000000; }}
    proxy_http_version 1.1;
{secure}
{servers}
}}
"""
NGINX_SERVER = """\
    server {{
        listen {listen};
        server_name {name};
{locations}
    }}"""
NGINX_LOCATION = """\
        location {path} {{
            proxy_set_header Connection "";
            proxy_pass http://worker;
        }}"""
NGINX_TUNNEL = """\
        location /tunnel/ {
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_read_timeout 1h;
            proxy_pass http://worker;
        }"""


NGINX_SECURE = """\
    ssl_certificate {root}/server.pem;
    ssl_certificate_key {root}/server.key;
    ssl_protocols TLSv1.3;
"""


def prepare_nginx(setup: Setup) -> list[str]:
    """nginx with one worker process."""
    write_certificate(setup)
    locations = [NGINX_LOCATION.format(path=path) for path in setup.site.paths]
    if setup.has_tunnels:
        locations.append(NGINX_TUNNEL)
    listen = f"{LOOPBACK}:{setup.port}{' ssl' if setup.site.is_secure else ''}"
    servers = [
        NGINX_SERVER.format(
            listen=listen if number else f"{listen} backlog=4096",
            name=name,
            locations="\n".join(locations),
        )
        for number, name in enumerate(setup.site.hosts or [setup.site.host])
    ]
    text = NGINX.format(
        root=setup.root,
        worker=setup.worker_authority,
        user="user root;" if os.getuid() == 0 else "",
        log=f"{setup.root}/access.log combined" if setup.site.is_logged else "off",
        descriptors=descriptors_for(setup.connections),
        secure=NGINX_SECURE.format(root=setup.root) if setup.site.is_secure else "",
        servers="\n".join(servers),
    )
    conf = setup.root / "nginx.conf"
    conf.write_text(text)
    errors = str(setup.root / "error.log")
    return [find("nginx") or "", "-p", str(setup.root), "-c", str(conf), "-e", errors]


# --- HAProxy -------------------------------------------------------------------------------------

HAPROXY = """\
global
    nbthread 1
    maxconn {connections}
    {log}
defaults
    mode http
    timeout connect 5s
    timeout client 1h
    timeout server 1h
    timeout tunnel 1h
    option forwardfor
    http-reuse always
    {how}
frontend front
    bind {host}:{port} backlog 4096 {secure}
    {choice}
{backends}
"""
HAPROXY_BACKEND = """\
backend {name}
    server worker {worker}"""


def prepare_haproxy(setup: Setup) -> list[str]:
    """HAProxy with one thread; what it logs, it prints, and the shell has made that a file."""
    site, root = setup.site, setup.root
    write_certificate(setup)
    if site.vhosts:
        names = write_map(root / "names.map", site.hosts)
        choice = f"use_backend %[req.hdr(host),lower,map({root}/names.map)]"
    elif site.rules:
        names = write_map(root / "paths.map", site.paths)
        choice = f"use_backend %[path,map_beg({root}/paths.map)]"
    else:
        names, choice = ["worker"], "default_backend worker"
    backends = [HAPROXY_BACKEND.format(name=name, worker=setup.worker_authority) for name in names]
    text = HAPROXY.format(
        host=LOOPBACK,
        port=setup.port,
        connections=setup.connections + SPARE,
        log="log stdout format raw local0" if site.is_logged else "",
        how="log global\n    option httplog" if site.is_logged else "",
        choice=choice,
        secure=f"ssl crt {root}/both.pem ssl-min-ver TLSv1.3" if site.is_secure else "",
        backends="\n".join(backends),
    )
    conf = root / "haproxy.conf"
    conf.write_text(text)
    appending = ["/bin/sh", "-c", 'exec "$@" >>access.log', "sh"]
    return [*appending, find("haproxy") or "", "-f", str(conf), "-db"]


def write_map(file: Path, keys: list[str]) -> list[str]:
    """Writes a map from each key to a backend of its own; the names of these."""
    names = [key.strip("/") for key in keys]
    file.write_text("".join(f"{key} {name}\n" for key, name in zip(keys, names, strict=True)))
    return names
