"""A configuration as bytes: what comes back is what went in, and it is not much."""

import pickle
import re

import pytest

from httpdlite.conf.directives import core, mod_proxy, registry
from httpdlite.conf.rows import STRING, Directive, directive
from httpdlite.conf.tree import Config
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.publication import Plan, Publication, plan_of, publish
from tests.conf.reading import read

TEXT = """
ServerName main.test
Listen 80
Listen 127.0.0.1:81
ListenBacklog 7
PidFile run/httpdlite.pid
User www-data
CustomLog logs/access.log "%h"
ErrorLog logs/error.log
Timeout 30
<Location /shared>
  ProxyPass http://shared.test/
</Location>
<Proxy http://shared.test/>
  ProxyPreserveHost On
</Proxy>
"""

VHOST = """
<VirtualHost *:80>
  ServerName {0}.test
  ServerAlias *.{0}.test
  ErrorLog logs/{0}.log
  LogLevel debug proxy:trace1
  ErrorDocument 404 "none"
  ProxyPass / http://w-{0}.test/ timeout=5
  ProxyPassMatch ^/(.*)\\.x$ http://x.test/$1
  <Location /{0}>
    SetEnv force-no-vary 1
    ProxyPass !
  </Location>
</VirtualHost>
"""

MANY = TEXT + "".join(VHOST.format(f"v{number}") for number in range(5))


def config_of(text: str, files: dict[str, str] | None = None) -> Config:
    reading = read(text, files)
    assert reading.config is not None, [found.message for found in reading.diagnostics]
    return reading.config


def published(config: Config) -> Publication:
    return Publication(b"".join(publish(config, "own.test")))


def test_what_comes_back_is_what_went_in() -> None:
    config = config_of(MANY)
    publication = published(config)
    main = publication.main()
    assert main == config.main
    assert tuple(publication.vhosts(main)) == config.vhosts
    assert publication.plan == plan_of(config, "own.test")


def test_vhosts_can_be_read_again() -> None:
    config = config_of(MANY)
    publication = published(config)
    main = publication.main()
    assert next(publication.vhosts(main)) == config.vhosts[0]
    assert tuple(publication.vhosts(main)) == config.vhosts


def test_a_configuration_without_vhosts() -> None:
    config = config_of("Listen 80")
    publication = published(config)
    assert publication.main() == config.main
    assert not list(publication.vhosts(config.main))


def test_a_configuration_is_pickled_by_itself_too() -> None:
    config = config_of(MANY)
    assert pickle.loads(pickle.dumps(config)) == config


def test_a_pickled_row_is_the_row() -> None:
    rows = [entry.row for entry in registry().rows.values()]
    for row in rows:
        if isinstance(row, Directive):
            assert pickle.loads(pickle.dumps(row)) is row
    assert pickle.loads(pickle.dumps(core.SERVER_NAME)) is core.SERVER_NAME


@pytest.mark.parametrize("name", ["ServerName", "NoSuchDirective"])
def test_a_row_that_is_not_the_registry_s_is_not_pickled(name: str) -> None:
    row = directive(name, STRING, contexts=core.SERVER_NAME.contexts, doc="")
    with pytest.raises((TypeError, KeyError)):
        pickle.dumps(row)


def test_the_plan() -> None:
    config = config_of(MANY + '<VirtualHost *:81>\nCustomLog "|/bin/cat -u" "%h"\n</VirtualHost>\n')
    plan = plan_of(config, "own.test")
    assert [(listen.host, listen.port) for listen in plan.listens] == [
        (None, 80),
        ("127.0.0.1", 81),
    ]
    assert (plan.backlog, plan.send_buffer, plan.receive_buffer) == (7, 0, 0)
    assert plan.pid_file == "/root/run/httpdlite.pid"
    assert plan.user is not None
    assert (plan.user.name, plan.user.id, plan.group) == ("www-data", 33, None)
    assert (plan.servers, plan.host_name, plan.server_root) == (7, "own.test", "/root")
    assert plan.main_error_log == "/root/logs/error.log"
    logs = [f"/root/logs/v{number}.log" for number in range(5)]
    assert plan.error_logs == ("/root/logs/error.log", *logs)
    assert plan.access_logs == ("/root/logs/access.log", "|/bin/cat -u")


def test_the_plan_names_the_logs_of_the_site() -> None:
    config = config_of(MANY)
    plan, site = plan_of(config), compile_site(config)
    vhosts = site.vhosts.values()
    assert plan.error_logs == tuple(dict.fromkeys(vhost.error_log for vhost in vhosts))
    files = [log.file for vhost in vhosts for log in vhost.access_logs]
    assert plan.access_logs == tuple(dict.fromkeys(files))


def test_without_an_error_log_it_is_standard_error() -> None:
    reading = read("Listen 80", preamble="")
    assert reading.config is not None
    plan: Plan = plan_of(reading.config)
    assert (plan.main_error_log, plan.error_logs) == (None, (None,))


def test_what_vhosts_share_is_written_once() -> None:
    """Not the main server's sections and values, nor what is a word of the vocabulary."""
    config = config_of(MANY)
    data = b"".join(publish(config))
    for text in (b"http://shared.test/", b"httpdlite.conf.directives.mod_proxy", b"WorkerParam"):
        assert len(re.findall(re.escape(text), data)) < 5, text
    one = len(b"".join(publish(config_of(TEXT + VHOST.format("v0")))))
    assert (len(data) - one) / 4 < 1000


def test_an_include_of_many_files_is_written_once() -> None:
    files = {
        f"inc/{n}.conf": f"<VirtualHost *:80>\nServerName {n}.test\n</VirtualHost>" for n in "abc"
    }
    config = config_of("Include inc/*.conf", files)
    publication = published(config)
    vhosts = tuple(publication.vhosts(publication.main()))
    assert vhosts == config.vhosts
    spans = [vhost.span.included_from for vhost in vhosts if vhost.span is not None]
    assert spans[0] is not None
    assert spans[0] is spans[1] is spans[2]


def test_parameters_of_workers_are_read_as_they_were() -> None:
    text = "ProxyPass /{0} http://{0}.test/ timeout={1}\n"
    config = config_of(text.format("a", 5) + text.format("b", 5) + text.format("c", 6))
    main = published(config).main()
    one, two, three = (rule.parameters for rule in main.scope[mod_proxy.PROXY_PASS])
    assert one is two
    assert (one.timeout, three.timeout) == (5, 6)


@pytest.mark.parametrize("cut", [slice(0, 0), slice(0, 10), slice(0, -1), slice(1, None)])
def test_what_is_not_all_there_is_refused(cut: slice) -> None:
    data = b"".join(publish(config_of(TEXT)))
    with pytest.raises((ValueError, pickle.UnpicklingError)):
        Publication(data[cut])
