import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.problems import Conflict
from contracts.permissions import Role
from teams.domain.organizations import check_owner_remains, check_seat_free, slug_of


def test_the_last_owner_stays() -> None:
    check_owner_remains(Role.OWNER, 2)
    check_owner_remains(Role.ADMIN, 1)
    with pytest.raises(Conflict) as refused:
        check_owner_remains(Role.OWNER, 1)
    assert refused.value.code == "last_owner"


@given(st.integers(0, 200), st.integers(0, 200))
def test_seats_never_go_beyond_what_there_is(seats: int, wanted: int) -> None:
    taken = 0
    for _ in range(wanted):
        try:
            check_seat_free(taken, seats)
        except Conflict:
            continue
        taken += 1
    assert taken == min(seats, wanted)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Analytical Engines", "analytical-engines"),
        ("  Søren & Co. KG ", "sren-co-kg"),
        ("Crème Brûlée", "creme-brulee"),
        ("株式会社", "organization"),
        ("<script>alert(1)</script>", "script-alert-1-script"),
        ("../../etc", "etc"),
    ],
)
def test_slugs(name: str, slug: str) -> None:
    assert slug_of(name) == slug


@given(st.text(max_size=120))
def test_a_slug_is_always_safe_in_an_address(name: str) -> None:
    slug = slug_of(name, "1a2b3c4d")
    assert slug.endswith("1a2b3c4d")
    assert len(slug) <= 49
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
