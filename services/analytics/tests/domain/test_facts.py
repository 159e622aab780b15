from datetime import UTC, datetime, timedelta

import pytest

from analytics.domain.facts import active_user, record
from analytics.domain.recorded import NO_ORGANIZATION, Intake, Refused
from contracts.golden_samples import sample
from contracts.teams import MemberJoinedV1, UserRegisteredV1

INTAKE = Intake.at(datetime(2026, 2, 10, tzinfo=UTC), timedelta(days=40))


@pytest.mark.parametrize(
    ("actor", "user"),
    [("user:7", "7"), ("admin:1 as user:7", None), ("api_key:3", None), ("system:teams", None), ("user:", "")],
)
def test_who_is_active(actor, user):
    assert active_user(actor) == user


def test_an_event_of_no_organization_belongs_to_organization_zero():
    assert record(sample(UserRegisteredV1).model_copy(update={"orgid": None}), INTAKE).org_id == NO_ORGANIZATION


def test_personal_data_stays_outside():
    kept = record(sample(MemberJoinedV1), INTAKE)
    assert "email" not in kept.properties
    assert "membership_id" in kept.properties


def test_what_is_kept_begins_with_a_month():
    assert INTAKE.floor == datetime(2026, 1, 1, tzinfo=UTC)
    old = sample(MemberJoinedV1).model_copy(update={"time": datetime(2025, 12, 31, 23, 59, tzinfo=UTC)})
    assert isinstance(record(old, INTAKE), Refused)
