"""The book: what the ledger remembers, in SQLite (default) or PostgreSQL."""
