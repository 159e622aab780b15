"""Whatever the order of events, the books end with the newest state."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.domain.observations import Seen, Verdict, judge
from billing.domain.subscriptions import instant

T = instant(1_800_000_000)
LATER = T + timedelta(seconds=1)


def test_the_first_sight_is_believed():
    assert judge(Seen(T), same=False, stored_as_of=None, stored_version=0) is Verdict.APPLY


def test_what_is_known_is_kept_however_old():
    assert judge(Seen(T), same=True, stored_as_of=LATER, stored_version=4) is Verdict.KEEP


def test_newer_wins_older_and_same_second_ask():
    assert judge(Seen(LATER), same=False, stored_as_of=T, stored_version=1) is Verdict.APPLY
    assert judge(Seen(T), same=False, stored_as_of=LATER, stored_version=1) is Verdict.REFETCH
    assert judge(Seen(T), same=False, stored_as_of=T, stored_version=1) is Verdict.REFETCH


def test_a_fetched_state_is_believed_unless_something_was_stored_since():
    assert judge(Seen(T, 3), same=False, stored_as_of=T, stored_version=3) is Verdict.APPLY
    assert judge(Seen(T, 3), same=False, stored_as_of=T, stored_version=4) is Verdict.REFETCH


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.randoms())
def test_any_order_of_events_ends_in_the_newest_state(steps, random):
    """State n holds from second `moments[n]` on; several may fall into one second."""
    moments = [sum(steps[: n + 1]) for n in range(len(steps))]
    newest = len(moments) - 1
    events = list(range(len(moments))) * 2
    random.shuffle(events)
    state, as_of, version = None, None, 0
    for event in events:
        seen, what = Seen(T + timedelta(seconds=moments[event])), event
        verdict = judge(seen, same=state == what, stored_as_of=as_of, stored_version=version)
        if verdict is Verdict.REFETCH:
            seen, what = Seen(T + timedelta(seconds=moments[newest]), version), newest
            verdict = judge(seen, same=state == what, stored_as_of=as_of, stored_version=version)
        if verdict is Verdict.APPLY:
            state, as_of, version = what, max(seen.as_of, as_of or seen.as_of), version + 1
    assert state == newest
