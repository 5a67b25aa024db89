"""The benchmark's report and plot: every figure has its place, with its spread and its ratio."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from benchmarks.cases import (
    CASES,
    GET_VHOSTS_1,
    GET_VHOSTS_1000,
    GROWTHS,
    IDLE_8000,
    PING_50,
    TLS_FULL,
    TLS_PING_50,
    UPGRADE,
    Case,
    choose,
)
from benchmarks.configurations import descriptors_for
from benchmarks.figures import Figures, Measure, Spread, spread
from benchmarks.goals import GOALS, judge
from benchmarks.plot import LEFT, RIGHT, Axis, axis_for, write_plot
from benchmarks.report import write_report
from benchmarks.run import LoadError, read_result, rotated, speakable, within_limits
from benchmarks.sites import Site

SVG = "{http://www.w3.org/2000/svg}"


def some_figures() -> Figures:
    """Two proxies, two cases, three rounds of which nginx missed one."""
    figures = Figures()
    for number, (ours, theirs) in enumerate(((10.0, 8.0), (12.0, 16.0), (11.0, None))):
        figures.add("ping", "httpdlite", number, {Measure.CPU: ours, Measure.RATE: 2000.0})
        if theirs is not None:
            figures.add("ping", "nginx", number, {Measure.CPU: theirs, Measure.RATE: 1000.0})
    figures.add("idle", "nginx", 0, {Measure.MEMORY: 17.0})
    figures.add("idle", "httpdlite", 0, {Measure.MEMORY: 0.5})
    return figures


def measured(case: str, measure: Measure, **values: float) -> Figures:
    """One round of one case."""
    figures = Figures()
    for proxy, value in values.items():
        figures.add(case, proxy, 0, {measure: value})
    return figures


# --- figures -------------------------------------------------------------------------------------


def test_a_figure_is_the_median_of_its_rounds_with_the_extremes() -> None:
    assert some_figures().figure("ping", "httpdlite", Measure.CPU) == Spread(11.0, 10.0, 12.0)


def test_a_ratio_is_taken_within_rounds_that_have_both() -> None:
    assert some_figures().ratio("ping", "nginx", Measure.CPU) == Spread(1.0, 0.75, 1.25)


def test_a_peer_that_used_no_measurable_time_has_no_ratio() -> None:
    figures = measured("ping", Measure.CPU, httpdlite=1.0, nginx=0.0)
    assert figures.ratio("ping", "nginx", Measure.CPU) is None


def test_nothing_has_no_spread() -> None:
    assert spread([]) is None


# --- the report ----------------------------------------------------------------------------------


def test_report_holds_values_spreads_and_ratios() -> None:
    text = write_report(some_figures(), ["a machine", "nginx: 1"], seconds=2, rounds=5)
    assert "- a machine\n- nginx: 1\n" in text
    assert "| ping | 11.0 (10.0–12.0) | 12.0 (8.0–16.0) ×1.00 |" in text
    assert "| ping | 2,000 (2,000–2,000) | 1,000 (1,000–1,000) ×2.00 |" in text
    assert "| idle | 0.5 (0.5–0.5) | 17.0 (17.0–17.0) ×0.03 |" in text


def test_report_without_the_reference_has_no_ratios() -> None:
    text = write_report(measured("ping", Measure.CPU, nginx=12.5), [], seconds=2, rounds=5)
    assert "| ping | 12.5 (12.5–12.5) |" in text


def test_what_was_not_measured_is_a_dash() -> None:
    figures = some_figures()
    figures.add("other", "httpdlite", 0, {Measure.CPU: 1.0})
    text = write_report(figures, [], seconds=2, rounds=5)
    assert "| other | 1.0 (1.0–1.0) | – |" in text


def test_report_without_goals_that_were_measured_has_no_verdicts() -> None:
    assert "held to" not in write_report(some_figures(), [], seconds=2, rounds=5)


def test_report_divides_a_long_configuration_by_its_short_one_per_proxy() -> None:
    figures = Figures()
    for number, (long, short) in enumerate(((12.0, 10.0), (10.0, 10.0), (33.0, 30.0))):
        figures.add(GET_VHOSTS_1000.title, "httpdlite", number, {Measure.CPU: long})
        figures.add(GET_VHOSTS_1.title, "httpdlite", number, {Measure.CPU: short})
        figures.add(GET_VHOSTS_1.title, "nginx", number, {Measure.CPU: short})
    text = write_report(figures, [], seconds=2, rounds=5)
    assert "| 1,000 vhosts ÷ 1 vhost | ×1.10 (1.00–1.20) | – |" in text
    assert "200 ProxyPass" not in text


# --- goals ---------------------------------------------------------------------------------------


def test_every_goal_is_about_a_case_that_is_measured() -> None:
    assert {goal.case for goal in GOALS} <= {case.title for case in CASES}


@pytest.mark.parametrize("ours, verdict", [(5.5, "met"), (5.6, "missed")])
def test_a_goal_beside_a_peer_bounds_the_ratio(ours: float, verdict: str) -> None:
    figures = measured(PING_50.title, Measure.CPU, httpdlite=ours, apache2=10.0)
    text = write_report(figures, [], seconds=2, rounds=5)
    found = f"{ours / 10:.2f}"
    row = f"| cpu | ≤ 0.55 × apache2 | {found} ({found}–{found}) | {verdict} |"
    assert f"| {PING_50.title} {row}" in text


@pytest.mark.parametrize("ours, is_met", [(999.0, False), (1000.0, True), (1500.0, True)])
def test_a_goal_for_a_rate_is_met_by_more(ours: float, is_met: bool) -> None:
    figures = measured(UPGRADE.title, Measure.RATE, httpdlite=ours, apache2=1000.0)
    assert [verdict.is_met for verdict in judge(figures)] == [is_met]


@pytest.mark.parametrize("ours, is_met", [(2.0, True), (2.1, False)])
def test_a_goal_without_a_peer_bounds_the_figure(ours: float, is_met: bool) -> None:
    figures = measured(IDLE_8000.title, Measure.MEMORY, httpdlite=ours, apache2=70.0)
    assert [verdict.is_met for verdict in judge(figures)] == [is_met]


# --- the plot ------------------------------------------------------------------------------------


def test_plot_has_a_mark_for_every_ratio_and_none_for_what_has_no_peer() -> None:
    figures = some_figures()
    figures.add("alone", "httpdlite", 0, {Measure.CPU: 1.0})
    tree = ET.fromstring(write_plot(figures))
    texts = [text.text for text in tree.iter(f"{SVG}text")]
    assert "ping" in texts
    assert "alone" not in texts
    marks = [mark.findtext(f"{SVG}title") for mark in tree.iter(f"{SVG}path")]
    assert marks[3:] == ["ping: 1.00 × nginx (0.75–1.25)", "idle: 0.03 × nginx (0.03–0.03)"]


def test_plot_escapes_titles() -> None:
    figures = measured("<&>", Measure.CPU, httpdlite=1.0, nginx=2.0)
    texts = [text.text for text in ET.fromstring(write_plot(figures)).iter(f"{SVG}text")]
    assert "<&>" in texts


def test_plot_names_every_colour_for_light_and_for_dark() -> None:
    light, _, dark = write_plot(some_figures()).partition("@media (prefers-color-scheme: dark)")
    coloured = r"^ *(\.?\w+) \{.*#"
    in_dark = set(re.findall(coloured, dark, re.MULTILINE))
    assert in_dark >= {"text", ".card", ".nginx", ".apache2", ".haproxy"}
    assert in_dark == set(re.findall(coloured, light, re.MULTILINE))


def test_plot_of_nothing_is_still_a_document() -> None:
    assert ET.fromstring(write_plot(Figures())).tag == f"{SVG}svg"


def test_axis_is_logarithmic_and_spans_its_ratios() -> None:
    axis = axis_for([Spread(0.3, 0.03, 3.0)])
    assert axis == Axis(0.02, 5.0)
    assert (axis.place(0.02), axis.place(5.0)) == (LEFT, RIGHT)
    assert axis.place(0.2) - axis.place(0.1) == pytest.approx(axis.place(2) - axis.place(1))
    assert axis.ticks == [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0]


def test_plot_leaves_out_what_only_repeats_the_small_get() -> None:
    figures = measured(GET_VHOSTS_1.title, Measure.CPU, httpdlite=1.0, nginx=2.0)
    figures.add("ping", "httpdlite", 0, {Measure.CPU: 1.0})
    figures.add("ping", "nginx", 0, {Measure.CPU: 1.0})
    texts = [text.text for text in ET.fromstring(write_plot(figures)).iter(f"{SVG}text")]
    assert "ping" in texts
    assert GET_VHOSTS_1.title not in texts


# --- the run -------------------------------------------------------------------------------------


def test_cases_are_chosen_by_a_part_of_their_title() -> None:
    assert [case.count for case in choose("64 b PING")] == [1, 50, 500, 50]
    assert choose("") == list(CASES)
    assert choose("no such case") == []


def test_titles_of_cases_are_unique() -> None:
    assert len({case.title for case in CASES}) == len(CASES)


def test_every_growth_is_between_cases_that_are_measured_and_differ_in_their_site_only() -> None:
    for long, short in GROWTHS:
        assert {long, short} <= set(CASES)
        assert long.site != short.site
        assert replace(long, title="", site=short.site) == replace(short, title="")


def test_a_case_asks_for_the_vhost_in_the_middle_and_the_last_path() -> None:
    words = Case("", "get", 50, 12, Site("", vhosts=1000, rules=200)).words(80, 2)
    assert words == ["get", "80", "50", "12", "2", "site-500.bench.test", "/service-199/"]


def test_a_case_of_a_site_with_tls_says_so_to_the_load() -> None:
    assert TLS_PING_50.words(443, 2) == ["tls", "tunnel", "443", "50", "64", "2"]
    assert TLS_FULL.words(443, 2) == ["tls", "full", "443", "16", "2"]


def test_a_load_without_tls_leaves_its_cases_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert speakable(CASES, with_tls=True) == list(CASES)
    spoken = speakable(CASES, with_tls=False)
    assert PING_50 in spoken
    assert TLS_PING_50 not in spoken
    assert f"(libssl-dev) are missing: {TLS_PING_50.title}" in capsys.readouterr().err


def test_the_order_of_the_proxies_rotates() -> None:
    assert [rotated("abc", number) for number in range(4)] == [
        ["a", "b", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["a", "b", "c"],
    ]


def test_a_case_that_needs_more_descriptors_than_there_are_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    enough = descriptors_for(1000)
    assert IDLE_8000 not in within_limits(CASES, enough)
    assert len(within_limits(CASES, enough)) == len(CASES) - 1
    assert IDLE_8000.title in capsys.readouterr().err


def test_what_a_load_prints_becomes_a_sample() -> None:
    line = '{"count": 1000, "seconds": 2.0, "p50": 30, "p99": 90}\n'
    assert read_result(line, spent=0.02) == {
        Measure.CPU: 20.0,
        Measure.RATE: 500.0,
        Measure.P50: 30,
        Measure.P99: 90,
    }


@pytest.mark.parametrize("line", ["", '{"count": 0, "seconds": 2.0, "p50": 0, "p99": 0}\n'])
def test_a_load_that_brought_nothing_back_is_no_sample(line: str) -> None:
    with pytest.raises(LoadError):
        read_result(line, spent=0.02)
