"""Background work: enqueued in the transaction that causes it, run by the worker after that transaction committed."""
