"""mod_access_compat.c: order, allow, deny and Satisfy of httpd 2.2. Messages have small letters.

In: the words of one directive. Out: nothing, or httpd's message. Rules: mod_access_compat
documentation; as observed with 2.4.71.
"""

from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import SECTIONS, Call
from httpdlite.conf.directives.authz_providers import PROTECTS_LATER, BadSubnet, bad_subnet, opens
from httpdlite.conf.rows import Arity, Refusal, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.values import one_of

MODULE: Final = judged_module("access_compat")

OPEN: Final = opens("clients")


def _check_hosts(call: Call) -> None:
    if lower(call.words[0].text) != "from":
        raise call.error("allow and deny must be followed by 'from'", 0)
    for index, word in enumerate(call.words[1:], 1):
        text = word.text
        if text.startswith("#"):
            hint = "a comment needs a line of its own"
            raise call.error("No comments are allowed here", index, hint=hint)
        if lower(text) == "all" or lower(text[:4]) == "env=":
            continue
        problem = bad_subnet(text)
        if problem is BadSubnet.NO_ADDRESS and "/" in text:
            raise call.error("An IP address was expected", index)
        if problem is not None and problem is not BadSubnet.NO_ADDRESS:
            raise call.error(problem.value, index)


def _refuse_order(words: tuple[str, ...]) -> Iterator[Refusal]:
    if lower(words[0]) != "deny,allow":  # then whoever nothing speaks of stays out
        what = f"order {words[0]} is not supported yet"
        yield Refusal(what, hint=PROTECTS_LATER.instead)


MODULES: Final = (
    (
        MODULE,
        (
            judged(
                "order",
                Arity.ONE,
                SECTIONS,
                OPEN,
                "Whether allow or deny has the last word.",
                check=one_of("allow,deny deny,allow mutual-failure", "unknown order"),
                usual="deny,allow",
                refuse=_refuse_order,
            ),
            judged(
                "allow",
                Arity.FIRST_AND_EACH,
                SECTIONS,
                OPEN,
                "Which clients may come in.",
                check=_check_hosts,
            ),
            judged(
                "deny",
                Arity.FIRST_AND_EACH,
                SECTIONS,
                PROTECTS_LATER,
                "Which clients may not come in.",
                check=_check_hosts,
            ),
            judged(
                "Satisfy",
                Arity.ONE,
                SECTIONS,
                PROTECTS_LATER,
                "Whether address and password must both be right, or one of them.",
                check=one_of("any all", "Satisfy either 'any' or 'all'."),
                usual="All",
            ),
        ),
    ),
)
