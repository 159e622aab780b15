import pytest

from chassis.problems import Conflict
from teams.domain.account_deletion import Held, check_leaves_no_orphan


def held(role="owner", owners=1, members=1, deleted=False, name="Acme") -> Held:
    return Held(name, role, owners, members, deleted)


@pytest.mark.parametrize(
    ("one", "orphan"),
    [
        (held(), True),
        (held(members=3), True),
        (held(owners=2, members=3), False),
        (held(role="admin", owners=1, members=2), False),
        (held(deleted=True), False),
        (held(members=2, deleted=True), True),
        (held(owners=2, members=2, deleted=True), False),
    ],
    ids=[
        "alone",
        "with others",
        "another owner",
        "no owner",
        "deleted alone",
        "deleted with others",
        "deleted, owners",
    ],
)
def test_an_organization_that_works_or_that_others_may_want_back_keeps_its_owner(one, orphan) -> None:
    assert one.needs_its_owner is orphan


def test_the_refusal_names_every_such_organization() -> None:
    with pytest.raises(Conflict) as refused:
        check_leaves_no_orphan([held(name="Looms"), held(name="Engines"), held(name="Other", owners=2)])
    assert refused.value.code == "last_owner"
    assert "Engines, Looms." in refused.value.detail
    assert "Other" not in refused.value.detail
