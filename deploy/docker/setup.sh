#!/bin/sh
# Before a service starts: its schema and roles (where an administrator's URL is given), its tables, its queues, and what
# else it wants, a command an argument.
set -eu
[ -z "${DATABASE_ADMIN_URL:-}" ] || python -m chassis.provision "$SERVICE"
python -m "$SERVICE" migrate
python -m "$SERVICE" topology apply
for command in "$@"; do python -m "$SERVICE" $command; done
