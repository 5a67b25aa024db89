"""Configurations of others, read where they lie: the verdict, line and message of the real httpd.

`../shared/corpus/configs` has for each file what httpd 2.4.71 said and what had to be around it;
`published` the same for snippets, without lines. `python -m tests.conf.disagreements` prints what
these tests compare, all at once.
"""

import pytest

from httpdlite.conf.reader import Reading
from httpdlite.diagnostics import render_json, render_text
from tests.conf.agreement import difference
from tests.conf.published import Snippet, judged_snippets, read_snippet, snippet_verdict
from tests.conf.surroundings import Sample, judged_samples, read_sample, samples, verdict_of

SAMPLES = samples()
JUDGED = judged_samples()
SNIPPETS = judged_snippets()

needs_samples = pytest.mark.skipif(
    not SAMPLES, reason="the corpus of configurations is not beside the checkout"
)
needs_snippets = pytest.mark.skipif(
    not SNIPPETS, reason="the published snippets are not beside the checkout"
)


@needs_samples
@pytest.mark.parametrize("sample", JUDGED, ids=[sample.path for sample in JUDGED])
def test_the_verdict_of_httpd(sample: Sample) -> None:
    ours, theirs = verdict_of(sample), sample.expected()
    assert difference(ours, theirs) is None, f"\nours:   {ours}\ntheirs: {theirs}"


@needs_snippets
@pytest.mark.parametrize("snippet", SNIPPETS, ids=[snippet.name for snippet in SNIPPETS])
def test_the_verdict_on_a_published_snippet(snippet: Snippet) -> None:
    ours = snippet_verdict(snippet)
    assert difference(ours, snippet.expected) is None, f"\nours: {ours}\ntheirs: {snippet.expected}"


@needs_samples
@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.path for sample in SAMPLES])
def test_every_sample_can_be_shown(sample: Sample) -> None:
    show(read_sample(sample))


@needs_snippets
@pytest.mark.parametrize("snippet", SNIPPETS, ids=[snippet.name for snippet in SNIPPETS])
def test_every_snippet_can_be_shown(snippet: Snippet) -> None:
    show(read_snippet(snippet))


def show(reading: Reading) -> None:
    assert reading.tree.main is not None
    render_text(reading.diagnostics, reading.source_line)
    render_json(reading.diagnostics)


@needs_samples
def test_all_of_the_manifest_is_compared() -> None:
    rejected = [sample for sample in JUDGED if sample.verdict == "reject"]
    assert len(JUDGED) == 296
    assert len(rejected) == 76
    assert all(sample.expected().line for sample in rejected if "AH00543" not in sample.message)


@needs_snippets
def test_all_of_the_table_is_compared() -> None:
    assert len(SNIPPETS) == 111
    assert sum(not snippet.expected.accepted for snippet in SNIPPETS) == 24
