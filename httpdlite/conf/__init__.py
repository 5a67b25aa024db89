"""The conf stage: the text of configuration files in, a config tree or diagnostics out. Pure.

`reader.read_config` is the way in. `lines` joins physical lines, `syntax` holds the grammar,
`reader` reads a tree of directives and sections, `tree` walks it with the rows of `directives`.
"""
