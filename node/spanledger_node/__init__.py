"""The node: receivers, spool, worker and database in one process, and the pages in another beside it."""
