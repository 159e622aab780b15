"""One verb, one file. A use case takes the transaction, locks what it changes first, and never commits."""
