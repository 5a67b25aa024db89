"""mod_proxy_hcheck.c: templates and expressions for health checks of workers.

In: the words of one directive. Out: nothing, or httpd's message; the names are noted for the
parameters that use them. Rules: mod_proxy_hcheck documentation; as observed with 2.4.71.
"""

from typing import Final

from httpdlite.conf.call import EVERYWHERE, SERVER, Call
from httpdlite.conf.directives.core import words_of
from httpdlite.conf.directives.health_checks import check_health
from httpdlite.conf.directives.worker_parameters import HEALTH_CHECK_KEYS, ParameterError
from httpdlite.conf.rows import Arity, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import later
from httpdlite.conf.syntax import split_words
from httpdlite.conf.values import expression, number

MODULE: Final = judged_module("proxy_hcheck")

LATER: Final = later("Workers are asked only when a request needs them.")


def _check_template(call: Call) -> None:
    words = words_of(call)
    if not words or not words[0].text:
        raise call.error("Missing template name for ProxyHCTemplate", code="wrong-arity")
    name = words[0].text
    call.place.earlier.note("health template", lower(name))
    for word in words[1:]:
        key, equals, value = word.text.partition("=")
        if not equals:
            raise call.error(
                "Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'"
            )
        try:
            if lower(key) not in HEALTH_CHECK_KEYS:
                raise ParameterError("unknown Worker hcheck parameter", key)
            check_health(call, key, value)
        except ParameterError as why:
            raise call.error(f"ProxyHCTemplate: {why.message} {word.text}; {name}") from None


LONGEST_NAME: Final = 15


def _check_expression(call: Call) -> None:
    text = call.raw.text
    head = next(iter(split_words(text)), None)
    name = head.value if head else ""
    if not name or head is None:
        raise call.error("Missing expression name for ProxyHCExpr", code="wrong-arity")
    if len(name) > LONGEST_NAME:
        raise call.error(f"Expression name limited to {LONGEST_NAME} characters")
    condition, rest = _braced(text[head.end :])
    if not condition:
        raise call.error("Missing expression for ProxyHCExpr", code="wrong-arity")
    shown = condition.replace("{", "{{").replace("}", "}}")
    expression(call, condition, None, f'Could not parse expression "{shown}": {{}}')
    if rest:
        raise call.error("error: extra parameter(s)", code="wrong-arity")
    call.place.earlier.note("health expression", lower(name))


def _braced(text: str) -> tuple[str, str]:
    """A word that may stand in braces, within which braces are counted; and what follows."""
    text = text.strip()
    if not text.startswith("{"):
        words = split_words(text)
        return (words[0].value, text[words[0].end :].strip()) if words else ("", "")
    depth = 0
    for position, char in enumerate(text):
        depth += {"{": 1, "}": -1}.get(char, 0)
        if depth == 0:
            return text[1:position], text[position + 1 :].strip()
    return text[1:], ""


MODULES: Final = (
    (
        MODULE,
        (
            judged(
                "ProxyHCTemplate",
                Arity.RAW,
                EVERYWHERE,
                LATER,
                "A name for parameters of health checks.",
                check=_check_template,
            ),
            judged(
                "ProxyHCExpr",
                Arity.RAW,
                EVERYWHERE,
                LATER,
                "A name for a condition that tells a healthy answer.",
                check=_check_expression,
            ),
            judged(
                "ProxyHCTPsize",
                Arity.ONE,
                SERVER,
                LATER,
                "How many threads do health checks.",
                check=number(
                    lambda value: value >= 0,
                    "Invalid ProxyHCTPsize parameter. Parameter must be >= 0",
                ),
                usual="16",
            ),
        ),
    ),
)
