"""Pure decisions: what counts as an event, for which organization, at which instant."""
