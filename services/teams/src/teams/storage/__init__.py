"""Every SQL statement of teams, one file an aggregate. `lock_` reads a row and holds it until the transaction ends."""
