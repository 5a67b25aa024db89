"""mod_httpdlite: what only httpdlite can log. See docs/logs.md.

In: the words of one directive. Out: its value, or a message. The formats of the members of a JSON
line are those of LogFormat.
"""

from dataclasses import dataclass
from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVERS, Call
from httpdlite.conf.directives import mod_httpdlite
from httpdlite.conf.logformat import check_format
from httpdlite.conf.rows import FLAG, Arity, Takes, directive, repeated

MODULE: Final = mod_httpdlite.MODULE


@dataclass(frozen=True, slots=True)
class JsonLogFormat:
    """A format whose lines are JSON objects: pairs of a key and of what a LogFormat would be."""

    nickname: str
    members: tuple[tuple[str, str], ...]


def _read_json_format(call: Call) -> JsonLogFormat:
    members: dict[str, str] = {}
    for index, word in enumerate(call.words[1:], 1):
        key, equals, text = word.text.partition("=")
        if not key or not equals:
            raise call.error("a member of a JSON line is key=format", index)
        if key in members:
            raise call.error(f"the key {key} is given twice", index)
        if message := check_format(text, has_ssl=True):
            raise call.error(message, index)
        members[key] = text
    if not members:
        raise call.error("a JSON line has one member at least: key=format")
    return JsonLogFormat(call.words[0].text, tuple(members.items()))


JSON_LOG_FORMAT: Final = repeated(
    "HttpdliteJsonLogFormat",
    Takes(Arity.WORDS, _read_json_format),
    contexts=SERVERS,
    doc="A format for access logs with a JSON object per line: its nickname, and key=format.",
)
LOG_TUNNEL_START: Final = directive(
    "HttpdliteLogTunnelStart",
    FLAG,
    default=False,
    contexts=SERVERS | DIRECTORY,
    doc="Whether a tunnel has a line in the access log when it begins, too.",
)
