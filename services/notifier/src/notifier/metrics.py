"""Notifier's own figures, beside those every service has."""

from prometheus_client import Counter, Gauge

SOCKETS = Gauge("notifier_sockets", "Open sockets of this node.")
PUSHED = Counter(
    "notifier_frames_pushed_total", "Notification frames queued to sockets, live or as a replay.", ("how",)
)
DISMISSED = Counter("notifier_sockets_dismissed_total", "Sockets closed by us.", ("code",))
STORED = Counter("notifier_notifications_stored_total", "Notifications stored.", ("kind",))
MAILS = Counter("notifier_mails_total", "Attempts to send a mail, by outcome.", ("template", "outcome"))
WAITING = Gauge("notifier_sources_waiting", "Events older than five minutes that wait for their organization.")
