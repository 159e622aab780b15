from datetime import timedelta

from chassis.scheduler import Schedule, Scheduler


def jobs(teams) -> list[Schedule]:
    return teams.jobs()


async def run_jobs(teams) -> list[str]:
    scheduler = Scheduler(teams.worker, jobs(teams))
    await scheduler.tick()
    await teams.admin.execute("UPDATE schedules SET due_at = $1", teams.clock.now())
    return await scheduler.tick()


async def test_every_job_runs_under_the_worker_role(teams) -> None:
    assert sorted(await run_jobs(teams)) == sorted(schedule.name for schedule in jobs(teams))


async def test_invitations_of_every_organization_expire_once(teams, shift) -> None:
    ada, eve = await teams.register(), await teams.register()
    invited = [await teams.invite(by, teams.new_email()) for by in (ada, eve)]
    await run_jobs(teams)
    assert "invitation.expired" not in [e["type"] for e in await teams.events()]
    shift(days=7, seconds=1)
    await run_jobs(teams)
    await run_jobs(teams)
    for one in invited:
        events = await teams.events(about=one["id"])
        assert [(e["type"], e["sequence"]) for e in events] == [("member.invited", 1), ("invitation.expired", 2)]
        assert events[1]["actor"] == "system:teams"
        assert events[1]["orgid"] == events[0]["orgid"]
        assert events[1]["data"]["state"] == "expired"


async def test_ended_sign_ins_are_forgotten_after_a_week_and_living_ones_kept(teams, shift) -> None:
    ada, bob = await teams.register(), await teams.register()
    await teams.call("POST", "/v1/auth/logout", {"refresh_token": ada.refresh_token})
    await teams.call("POST", "/v1/auth/login", {"email": "nobody@example.com", "password": "a wrong guess"})
    shift(days=6)
    await run_jobs(teams)
    sessions = "SELECT count(*) FROM sessions WHERE user_id = $1"
    assert await teams.admin.fetchval(sessions, ada.user_id) == 1
    assert await teams.admin.fetchval("SELECT count(*) FROM login_attempts") == 0
    shift(days=2)
    await run_jobs(teams)
    assert await teams.admin.fetchval(sessions, ada.user_id) == 0
    assert await teams.admin.fetchval("SELECT count(*) FROM refresh_tokens WHERE user_id = $1", ada.user_id) == 0
    assert await teams.admin.fetchval(sessions, bob.user_id) == 1
    assert timedelta(days=30) > teams.clock.shift
