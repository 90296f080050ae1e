"""How accounting spans reach the receiver: a queue, a spool on disk, and the end of a process."""
