"""Commands on months: close and reopen them, what the books know of them, and what a closed one hands out."""
