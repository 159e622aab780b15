from notifier.rendering import TEMPLATES
from notifier.routing import ROUTES, Channel, routes_of


def test_every_line_names_a_template_that_exists():
    for route in ROUTES:
        assert (TEMPLATES / "en" / "in_app" / f"{route.template}.txt").is_file()


def test_every_line_reaches_somebody_somewhere():
    assert all(Channel.IN_APP in route.channels for route in ROUTES)


def test_every_event_of_the_table_is_found():
    assert {route.event for route in ROUTES} == {route.event for known in ROUTES for route in routes_of(known.event)}
