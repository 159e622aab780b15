"""One request or one due task: reads, changes and events that are committed together."""

import copy
from dataclasses import dataclass
from typing import Any

from stripe_simulator import API_VERSION, deliveries
from stripe_simulator.errors import missing
from stripe_simulator.identifiers import new_id
from stripe_simulator.rendering import rendered
from stripe_simulator.store import Obj, Objects
from stripe_simulator.world import Settings, World


@dataclass(frozen=True)
class Origin:
    """The API request behind a change; both are None for what time itself does."""

    request_id: str | None = None
    idempotency_key: str | None = None


class Tx(Objects):
    """`now` is the simulator's time in whole seconds: all that happens in the transaction happens then.

    `scheduled` holds due time and id of the tasks it added.
    """

    def __init__(self, world: World, *, now: int | None = None, origin: Origin | None = None) -> None:
        super().__init__(world.store)
        self.now = int(world.clock.now()) if now is None else now
        self._world = world
        self._origin = origin or Origin()
        self._events: list[Obj] = []
        self.scheduled: list[tuple[int, str]] = []

    @property
    def settings(self) -> Settings:
        """The simulator's settings."""
        return self._world.settings

    def scratch(self) -> "Tx":
        """A transaction of its own at the same time, to try something and throw it away."""
        return Tx(self._world, now=self.now, origin=self._origin)

    def at(self, moment: int) -> "Tx":
        """The same changes, at another time."""
        other = copy.copy(self)
        other.now = moment
        return other

    def fetch(self, kind: str, id: str | None, *, param: str = "id") -> Obj:
        """A copy of what a path or a parameter names. Raises resource_missing: 404 for a path, 400 for a parameter."""
        obj = None if id is None else self.get(kind, id)
        if obj is None or obj.get("deleted"):
            raise missing(kind, str(id), param=param, status=404 if param == "id" else 400)
        return obj

    def emit(self, type: str, obj: Obj, previous: dict[str, Any] | None = None) -> None:
        """Tell what happened, with the object as it is now."""
        data: Obj = {"object": rendered(self, obj)}
        if previous is not None:
            data["previous_attributes"] = previous
        origin = {"id": self._origin.request_id, "idempotency_key": self._origin.idempotency_key}
        event: Obj = {
            "id": new_id("event"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 0,
            "request": origin,
            "type": type,
        }
        self._events.append(event)

    def create(self, obj: Obj, type: str | None = None) -> Obj:
        """Add it and tell `<kind>.created` or the type given."""
        self.save(obj)
        self.emit(type or f"{obj['object']}.created", obj)
        return obj

    def update(self, obj: Obj, type: str | None = None, *, since: Obj | None = None) -> Obj:
        """Save it and, if what is seen of it has changed, tell `<kind>.updated` with what it was before.

        `since` is how it was shown when the change began, if that was before the last `save`.
        """
        before = self.peek(obj["object"], obj["id"])
        old = since or (rendered(self, before) if before is not None else {})
        self.save(obj)
        changed = difference(old, rendered(self, obj))
        if changed:
            self.emit(type or f"{obj['object']}.updated", obj, changed)
        return obj

    def schedule(self, due: int, task: str, target: str) -> None:
        """Have `task` done to the object `target` when the clock reaches `due`, and not when it was due before."""
        self.scheduled.append((due, f"{target}/{task}"))
        self.keep({"object": "_task", "id": f"{target}/{task}", "due": due, "task": task, "target": target})

    def unschedule(self, target: str, *tasks: str) -> None:
        """Drop these tasks of an object."""
        for task in tasks:
            self.remove("_task", f"{target}/{task}")

    def commit(self) -> None:
        """Make all of it everybody's and hand the events to the webhook endpoints."""
        for event in self._events:
            deliveries.plan(self, event, self._world.faults, self._world.clock.now())
            self.keep(event)
        super().commit()
        self._events = []


def difference(old: Obj, new: Obj) -> Obj:
    """The old values of what differs: nested for hashes, whole for everything else."""
    changed: Obj = {}
    for key in old.keys() | new.keys():
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        both = isinstance(before, dict) and isinstance(after, dict)
        changed[key] = difference(before, after) if both and before and after else before
    return changed
