"""The catalogue: what is shipped is whole, what is not whole is refused."""

import pytest
from pydantic import ValidationError

from billing.domain.plans import Catalogue, UnknownPlan, seats_of

VERSION = {"version": 1, "seats": 5, "prices": {"month": 0, "year": 0}, "features": [], "limits": {}}
FREE = {"code": "free", "name": "Free", "summary": "s", "versions": [VERSION]}


def test_the_shipped_catalogue_offers_four_plans(catalogue):
    assert [plan.code for plan in catalogue.plans] == ["free", "starter", "pro", "enterprise"]
    assert catalogue.free().seats == 5
    assert catalogue.plan("pro").offered.charge("month", 3) == 14700
    assert catalogue.plan("starter").offered.charge("year", 10) == 29000


def test_every_price_has_a_name_of_its_own(catalogue):
    keys = [price.lookup_key for price in catalogue.prices()]
    assert len(keys) == len(set(keys)) == 8
    assert "pro_month_v1" in keys


def test_a_flat_plan_entitles_to_its_own_seats_and_another_to_those_bought(catalogue):
    assert catalogue.entitlements("starter", 1, 99).seats == 10
    assert catalogue.entitlements("pro", 1, 99).seats == 99
    assert catalogue.entitlements("enterprise", 1, 10).limits["agent_runs_per_month"] is None


def test_an_older_version_is_still_known(catalogue):
    old, new = VERSION, VERSION | {"version": 2, "seats": 3}
    both = Catalogue.model_validate({"currency": "usd", "plans": [FREE | {"versions": [old, new]}]})
    assert both.entitlements("free", 1, 5).seats == 5
    assert both.free().seats == 3
    with pytest.raises(UnknownPlan):
        both.version("free", 3)


@pytest.mark.parametrize(
    "plans",
    [
        [FREE, FREE],
        [FREE | {"versions": [VERSION | {"version": 2}]}],
        [FREE | {"versions": [VERSION | {"prices": {"month": 0}}]}],
        [FREE | {"versions": [VERSION | {"prices": {"month": 1, "year": 0}}]}],
        [FREE | {"versions": [VERSION | {"prices": {"month": 1.5, "year": 0}}]}],
        [FREE | {"surprise": 1}],
    ],
)
def test_a_catalogue_that_is_not_whole_is_refused(plans):
    with pytest.raises(ValidationError):
        Catalogue.model_validate({"currency": "usd", "plans": plans})


def test_seats_are_those_a_plan_sells(catalogue):
    starter, pro, enterprise = (catalogue.plan(code).offered for code in ("starter", "pro", "enterprise"))
    assert (seats_of(starter, None), seats_of(pro, 7), seats_of(enterprise, None)) == (10, 7, 10)
    for plan, seats in ((starter, 3), (enterprise, 9), (pro, 10_001)):
        with pytest.raises(ValueError, match="seats"):
            seats_of(plan, seats)
