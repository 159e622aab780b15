"""One verb, one module; each works in the transaction its door opened."""
