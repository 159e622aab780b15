"""Prometheus metrics that every service has; served on the private port only."""

from prometheus_client import Counter, Gauge, Histogram

REQUESTS = Histogram(
    "http_request_duration_seconds",
    "Rate, errors and duration of requests.",
    ("route", "method", "status"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT = Gauge("http_requests_in_flight", "Requests being answered.")
UNEXPECTED = Counter("unexpected_errors_total", "Errors nobody foresaw, answered as 500.")
REVOCATIONS = Counter(
    "revocations_total",
    "Revocations in this process's map: none of the tokens they cover is let in any more.",
    ("kind",),
)
