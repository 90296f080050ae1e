"""What the tests of all rooms stand on: prepared data folders, a ledger to book into, commands and nodes."""
