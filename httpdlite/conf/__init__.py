"""The conf stage: the text of configuration files in, a config tree or diagnostics out. Pure.

`reader.read_config` is the way in. `lines` joins physical lines, `syntax` holds the grammar,
`reader` reads a tree of directives and sections, `walk` judges it with the rows of `directives` and
makes the tree of `tree`. What a row is, is in `rows`; what its reader gets, in `call`; `registry`
finds it by name. `expressions` and `patterns` hide what the two languages within values are.
"""
