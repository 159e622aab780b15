"""Analytics' own figures, beside those every service has."""

from prometheus_client import Counter

EVENTS = Counter("analytics_events_total", "Events by what became of them.", ("outcome",))
