"""httpdlite: a WebSocket and HTTP reverse proxy that reads Apache httpd configuration.

The package is the data flow: `conf` (text to config tree), `routes` (config tree to compiled
routes), `proxy` (one exchange, without sockets), `serve` (sockets), `cli` (the command). Importing
this module imports none of them: `httpdlite -t` must not pay for what only serving needs.
"""
