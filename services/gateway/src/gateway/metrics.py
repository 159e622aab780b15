"""The gateway's own figures, beside those every service has."""

from prometheus_client import Counter, Gauge

FAILURES = Counter("gateway_service_failures_total", "Requests that a service did not answer.", ("service", "code"))
BREAKER = Gauge("gateway_breaker_open", "1 while a service is left alone after too many failures.", ("service",))
IN_HAND = Gauge("gateway_service_requests_in_hand", "Requests waiting for a service.", ("service",))
SOCKETS = Gauge("gateway_sockets", "Open WebSockets.")
LIMITED = Counter("gateway_rate_limited_total", "Requests refused because there were too many.", ("limit",))
LIMIT_CHECKS = Counter("gateway_limit_checks_total", "Requests counted against their limits.")
LIMIT_CALLS = Counter("gateway_limit_calls_total", "Round trips to Redis that this took.")
LIMITS_LOCAL = Gauge("gateway_limits_local", "1 while Redis is away and each process counts for itself.")
SHED = Counter("gateway_shed_total", "Requests turned away because the process had too much to do.", ("reason",))
LAG = Gauge("gateway_loop_lag_seconds", "How late the event loop was when last looked at.")
