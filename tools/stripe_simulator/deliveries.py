"""Which event is owed to which webhook endpoint, when, and what became of it."""

import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from stripe_simulator.faults import Fault, Faults
from stripe_simulator.store import Obj, Objects

# Seconds from one attempt to the next; after the last of them every twelve hours, for three days in all.
_DELAYS = (300, 1800, 7200, 18_000, 36_000)
_LATER = 43_200
_GIVE_UP_AFTER = 3 * 86_400
_KEPT = 2000


def plan(objects: Objects, event: Obj, faults: Faults, now: float) -> None:
    """Owe the event to every endpoint that wants it, and count them in `pending_webhooks`."""
    for endpoint in objects.scan("webhook_endpoint"):
        if endpoint["status"] == "enabled" and wants(endpoint, event["type"]):
            objects.save(_owed(objects, event, endpoint["id"], faults.for_webhook(event["type"]), now))
            event["pending_webhooks"] += 1


def wants(endpoint: Obj, type: str) -> bool:
    """Whether the endpoint has this type of event enabled."""
    return any(fnmatchcase(type, pattern) for pattern in endpoint["enabled_events"])


def _owed(objects: Objects, event: Obj, endpoint: str, fault: Fault | None, now: float) -> Obj:
    delivery: Obj = {
        "object": "_delivery",
        "id": f"{event['id']}/{endpoint}",
        "event": event["id"],
        "type": event["type"],
        "endpoint": endpoint,
        "created": now,
        "due": now,
        "rank": time.time_ns(),
        "copies": 1,
        "state": "pending",
        "fault": fault.kind if fault else None,
        "attempts": [],
    }
    if fault is not None:
        _meet(objects, delivery, fault)
    return delivery


def _meet(objects: Objects, delivery: Obj, fault: Fault) -> None:
    if fault.kind == "duplicate_webhook":
        delivery["copies"] = 2
    elif fault.kind == "drop_webhook":
        delivery |= {"object": "_delivered", "state": "dropped"}
    elif fault.kind == "delay_webhook":
        delivery["due"] += fault.seconds
    elif fault.kind == "reorder_webhooks":
        held = [d["due"] for d in objects.scan("_delivery") if d["fault"] == fault.kind]
        delivery["due"] = held[0] if held else delivery["due"] + fault.seconds
        delivery["rank"] = -delivery["rank"]


def owed(objects: Objects) -> list[Obj]:
    """What is still to be sent, the next first."""
    return sorted(objects.scan("_delivery"), key=lambda delivery: (delivery["due"], delivery["rank"]))


def log(objects: Objects) -> Iterator[Obj]:
    """Everything that was owed, oldest first; of what is done only the newest 2,000."""
    yield from objects.scan("_delivered")
    yield from objects.scan("_delivery")


def settle(objects: Objects, delivery: Obj, state: str) -> None:
    """Close it: `delivered`, `failed` or `canceled`."""
    objects.remove("_delivery", delivery["id"])
    objects.save({**delivery, "object": "_delivered", "state": state})
    done = [entry["id"] for entry in objects.scan("_delivered")]
    for old in done[:-_KEPT]:
        objects.remove("_delivered", old)
    event = objects.get("event", delivery["event"])
    if event is not None and state == "delivered":
        objects.save({**event, "pending_webhooks": event["pending_webhooks"] - 1})


def attempted(objects: Objects, delivery: Obj, attempt: dict[str, Any], now: float, scale: float) -> None:
    """Note an attempt: done if it was answered 2xx, else due again until three days are over."""
    delivery["attempts"].append(attempt)
    if attempt["ok"]:
        settle(objects, delivery, "delivered")
        return
    tries = len(delivery["attempts"])
    delay = (_DELAYS[tries - 1] if tries <= len(_DELAYS) else _LATER) * scale
    if delivery["due"] + delay - delivery["created"] > _GIVE_UP_AFTER * scale:
        settle(objects, delivery, "failed")
        return
    delivery["due"] = max(delivery["due"], now if tries == 1 else 0) + delay
    objects.save(delivery)
