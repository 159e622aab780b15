"""One verb, one file; each works in the transaction it is given."""
