"""httpd's expressions (ap_expr): the text of a condition or of a value in, what it says out.

`parser` gives a tree of `tree`, or raises `BadExpression` with httpd's message. It hides the
grammar, the tokens (`scanner`) and the table of names (`names`). Few configurations have an
expression, and Lark takes long to import: import the parser where an expression is read.
"""
