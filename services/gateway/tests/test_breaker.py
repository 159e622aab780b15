"""When a service is left alone, and when it is tried again."""

from gateway.breaker import Breaker


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def opened() -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(3, 2.0, clock)
    for _ in range(3):
        assert breaker.admits()
        breaker.failed()
    return breaker, clock


def test_failures_in_a_row_open_it() -> None:
    breaker, _ = opened()
    assert breaker.is_open
    assert not breaker.admits()
    assert breaker.retry_after() == 2.0


def test_a_success_between_starts_the_count_anew() -> None:
    breaker = Breaker(3, 2.0, Clock())
    for _ in range(5):
        breaker.failed()
        breaker.failed()
        breaker.succeeded()
    assert not breaker.is_open


def test_after_the_pause_one_request_tries() -> None:
    breaker, clock = opened()
    clock.now += 2.0
    assert breaker.admits()
    assert not breaker.admits()


def test_the_trial_decides() -> None:
    breaker, clock = opened()
    clock.now += 2.0
    assert breaker.admits()
    breaker.failed()
    assert not breaker.admits()
    clock.now += 2.0
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.admits()
    assert breaker.admits()


def test_a_trial_that_nobody_waited_for_is_followed_by_another() -> None:
    breaker, clock = opened()
    clock.now += 2.0
    assert breaker.admits()
    clock.now += 2.0
    assert breaker.admits()
