#!/bin/sh
# `docker run objectalabs/teams migrate` is `python -m teams migrate`.
exec python -m "$SERVICE" "$@"
