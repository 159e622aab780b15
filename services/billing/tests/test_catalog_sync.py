"""The reviewed catalogue at Stripe: the difference first, then nothing is left of it."""

import pytest

from billing.catalog_sync import Contradiction, differences, mend
from billing.domain.plans import Catalogue


async def test_everything_is_made_once(catalogue, gateway, simulator):
    await simulator.control("POST", "reset")
    first = await differences(catalogue, gateway)
    assert len(first) == 4 + 8
    assert "+ price pro_month_v1: 4900 usd a month" in [difference.what for difference in first]
    assert not await simulator.objects("product"), "a difference alone changes nothing"
    await mend(first)
    assert await differences(catalogue, gateway) == []
    assert (len(await simulator.objects("product")), len(await simulator.objects("price"))) == (4, 8)


async def test_other_words_are_changed_in_place(catalogue, gateway, sold):
    changed = _with_pro(catalogue, summary="For everybody.")
    found = await differences(changed, gateway)
    assert [difference.what for difference in found] == ["~ product plan_pro: “Pro” -> “Pro”, For everybody."]
    await mend(found)
    assert await differences(changed, gateway) == []
    await mend(await differences(catalogue, gateway))


async def test_another_price_needs_another_version(catalogue, gateway, sold):
    dearer = catalogue.plan("pro").model_dump()["versions"][0] | {"prices": {"month": 5900, "year": 59000}}
    with pytest.raises(Contradiction, match="add version 2 of pro"):
        await differences(_with_pro(catalogue, versions=[dearer]), gateway)
    old = catalogue.plan("pro").model_dump()["versions"][0]
    found = await differences(_with_pro(catalogue, versions=[old, dearer | {"version": 2}]), gateway)
    assert [difference.what.split(":")[0] for difference in found] == ["+ price pro_month_v2", "+ price pro_year_v2"]


async def test_a_sync_that_broke_off_is_gone_on_with(catalogue, gateway, simulator):
    await simulator.control("POST", "reset")
    await mend((await differences(catalogue, gateway))[:5])
    await mend(await differences(catalogue, gateway))
    assert await differences(catalogue, gateway) == []


def _with_pro(catalogue: Catalogue, **changes):
    plans = [plan.model_dump() | (changes if plan.code == "pro" else {}) for plan in catalogue.plans]
    return Catalogue.model_validate({"currency": "usd", "plans": plans})
