"""Trees of requirements: what must be so of all of them."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.directives.authorization import Group, Member, Needs, Requirement
from httpdlite.routes.access.outcomes import Outcome
from httpdlite.routes.access.providers import Surroundings
from httpdlite.routes.access.requirements import compile_member, lets_everybody_in
from httpdlite.routes.expressions import Outside
from tests.routes.access.stand import files_of, request_of

GRANTED = Requirement("all", "granted")
DENIED = Requirement("all", "denied")
OF_USERS = Requirement("valid-user", "")
OF_POST = Requirement("all", "denied", methods=(frozenset({"POST"}), False))
OF_ALL_METHODS: st.SearchStrategy[Member] = st.sampled_from([GRANTED, DENIED, OF_USERS])
LEAVES: st.SearchStrategy[Member] = st.sampled_from([GRANTED, DENIED, OF_USERS, OF_POST])


def groups(members: st.SearchStrategy[Member]) -> st.SearchStrategy[Member]:
    """Groups as the configuration may have them: negation only where all must hold."""
    some = st.lists(members, min_size=1, max_size=4).map(tuple)
    negated = st.lists(members, max_size=2).map(
        lambda found: tuple(replace(each, is_negative=True) for each in found)
    )
    return st.one_of(
        some.map(lambda found: Group(Needs.ANY, found)),
        st.builds(lambda found, more: Group(Needs.ALL, (*found, *more)), some, negated),
    )


TREES = st.recursive(LEAVES, groups, max_leaves=12)
PLAIN = st.recursive(OF_ALL_METHODS, groups, max_leaves=12)
"""What is about other methods only is granted, so one more member may change all of it."""


def judged(tree: Member, user: str | None = None) -> Outcome:
    """Of a GET."""
    request = request_of()
    request.user = user
    node = compile_member(tree, Surroundings(Outside(), files_of(), None))
    return node.judge(request, "GET", within_all=True)


@given(TREES)
def test_who_is_known_is_not_asked_again(tree: Member) -> None:
    assert judged(tree, "joe") is not Outcome.NO_USER


@given(TREES)
def test_a_user_is_asked_for_only_where_one_may_matter(tree: Member) -> None:
    if judged(tree) is Outcome.NO_USER:
        assert "valid-user" in repr(tree)


@given(st.lists(PLAIN, min_size=1, max_size=4), PLAIN)
def test_one_more_condition_opens_nothing(members: list[Member], more: Member) -> None:
    before = judged(Group(Needs.ALL, tuple(members)))
    for one in (more, replace(more, is_negative=True)):
        after = judged(Group(Needs.ALL, (*members, one)))
        if before in (Outcome.DENIED, Outcome.NO_USER):
            assert after is not Outcome.GRANTED


@given(st.lists(PLAIN, min_size=1, max_size=4), PLAIN)
def test_one_more_way_in_shuts_nothing(members: list[Member], more: Member) -> None:
    if judged(Group(Needs.ANY, tuple(members))) is Outcome.GRANTED:
        assert judged(Group(Needs.ANY, (*members, more))) is Outcome.GRANTED


@given(st.lists(TREES, min_size=2, max_size=4), st.sampled_from(Needs))
def test_the_order_does_not_matter(members: list[Member], needs: Needs) -> None:
    forwards = judged(Group(needs, tuple(members)))
    assert judged(Group(needs, tuple(reversed(members)))) is forwards


@given(PLAIN)
def test_nobody_comes_in_for_what_he_is_not(tree: Member) -> None:
    assert judged(replace(tree, is_negative=True)) is not Outcome.GRANTED


@given(TREES)
def test_what_plainly_lets_everybody_in_does(tree: Member) -> None:
    group = Group(Needs.ANY, (tree,))
    if lets_everybody_in(group):
        assert judged(group) is Outcome.GRANTED
