"""Modules that are not of httpd: their directives are known, judged, and refused with the reason.

`third_party_tables` gives each module with its rows, made (`rows`) of two tables: `programs`, what
serves, runs programs or logs, and `guards`, whose loss would open something. What the modules say
of values is in `values`, with the big ones apart (`openidc`, `security`, `wsgi`): imported when the
first such directive is read.
"""

from httpdlite.conf.directives.third_party.rows import third_party_tables

__all__ = ["third_party_tables"]
