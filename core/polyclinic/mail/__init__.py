"""Mail: kept in the transaction that asks for it, sent by the worker after that transaction committed."""
