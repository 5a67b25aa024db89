"""httpd's expressions (ap_expr): the text of a condition or of a value in, what it says out.

`parse_condition`, `parse_string` and `parse_ssl_require` give a tree of `tree`, or raise
`BadExpression` with httpd's message. Hides the grammar (`parser`), the tokens (`scanner`) and the
table of names (`names`). Few configurations have an expression: import this where one is read.
"""

from httpdlite.conf.expressions.parser import (
    BadExpression,
    parse_condition,
    parse_ssl_require,
    parse_string,
)

__all__ = ["BadExpression", "parse_condition", "parse_ssl_require", "parse_string"]
