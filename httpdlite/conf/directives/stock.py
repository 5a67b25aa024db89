"""The modules of stock httpd that bring no directives, for LoadModule, <IfModule> and messages.

What they do is asked for by other modules' directives (a filter, a provider, an lbmethod) and is
judged there. From httpd 2.4.71 (`apache2 -L`).
"""

from typing import Final

from httpdlite.conf.call import Module
from httpdlite.conf.rows import Row, judged_module

WITHOUT_DIRECTIVES: Final = """
    asis authz_owner bucketeer case_filter case_filter_in data
    lbmethod_bybusyness lbmethod_byrequests lbmethod_bytraffic proxy_ajp proxy_balancer proxy_fdpass
    proxy_http2 proxy_uwsgi ratelimit slotmem_plain slotmem_shm socache_dbm socache_shmcb status
    unique_id
"""
"""Short names of those of which nothing is done here."""

DONE: Final = "authz_host authz_user"
"""Of those whose provider of Require is carried out."""

MODULES: Final[tuple[tuple[Module, tuple[Row, ...]], ...]] = (
    *((judged_module(short), ()) for short in WITHOUT_DIRECTIVES.split()),
    *((Module(f"{short}_module", f"mod_{short}.c"), ()) for short in DONE.split()),
)
