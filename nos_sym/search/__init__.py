"""The search: integrity check, particle algorithm, deduplication, store and executors."""
