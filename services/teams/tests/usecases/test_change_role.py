import asyncio


async def owners(teams, org_id) -> int:
    count = "SELECT count(*) FROM memberships WHERE org_id = $1 AND role = 'owner' AND state = 'active'"
    return int(await teams.admin.fetchval(count, org_id))


def demote(teams, by, whom):
    return teams.call("PATCH", f"/v1/members/{whom.user_id}", {"role": "member"}, token=by.token, If_Match='"1"')


async def test_the_last_two_owners_demoting_each_other_leave_one(teams) -> None:
    for _ in range(8):
        ada = await teams.register()
        bob = await teams.add_member(ada, "owner")
        answers = await asyncio.gather(demote(teams, ada, bob), demote(teams, bob, ada))
        assert sorted(answer.status for answer in answers)[0] == 200
        assert sorted(answer.status for answer in answers)[1] in (401, 403)
        assert await owners(teams, ada.org_id) == 1


async def test_two_owners_stepping_down_at_once_leave_one(teams) -> None:
    for _ in range(8):
        ada = await teams.register()
        bob = await teams.add_member(ada, "owner")
        answers = await asyncio.gather(demote(teams, ada, ada), demote(teams, bob, bob))
        assert sorted(answer.status for answer in answers) == [200, 409]
        assert await owners(teams, ada.org_id) == 1


async def test_leaving_and_demoting_at_once_leave_an_owner(teams) -> None:
    for _ in range(8):
        ada = await teams.register()
        bob = await teams.add_member(ada, "owner")
        leave = teams.call("DELETE", f"/v1/members/{ada.user_id}", token=ada.token)
        await asyncio.gather(leave, demote(teams, ada, bob))
        assert await owners(teams, ada.org_id) == 1


async def test_of_parallel_changes_of_one_version_one_succeeds_and_sequences_have_no_gap(teams) -> None:
    ada = await teams.register()
    bob = await teams.add_member(ada)
    roles = ["admin", "viewer", "billing_manager", "owner"] * 3
    answers = await asyncio.gather(
        *(
            teams.call("PATCH", f"/v1/members/{bob.user_id}", {"role": role}, token=ada.token, If_Match='"1"')
            for role in roles
        )
    )
    assert sorted(answer.status for answer in answers) == [200] + [412] * 11
    changed = [e for e in await teams.events(about=ada.org_id) if e["type"] == "member.role_changed"]
    assert [e["sequence"] for e in changed] == [2]


async def test_a_token_minted_while_a_role_changes_is_old_and_refused_or_new_and_right(teams) -> None:
    """Without the membership held, a refresh could read the old role and stamp it after the change."""
    ada = await teams.register()
    bob = await teams.add_member(ada)
    roles, refresh_token = ["admin", "member"] * 6, bob.refresh_token
    for version, role in enumerate(roles, start=1):
        change = teams.call(
            "PATCH", f"/v1/members/{bob.user_id}", {"role": role}, token=ada.token, If_Match=f'"{version}"'
        )
        refreshes = [teams.call("POST", "/v1/auth/refresh", {"refresh_token": refresh_token}) for _ in range(3)]
        changed, *answers = await asyncio.gather(change, *refreshes)
        assert changed.status == 200
        for answer in answers:
            minted = answer.body["organization"]["role"]
            seen = await teams.call("GET", "/v1/organization", token=answer.body["access_token"])
            assert (seen.status == 200) == (minted == role), (role, minted, seen.status)
        refresh_token = answers[0].body["refresh_token"]
