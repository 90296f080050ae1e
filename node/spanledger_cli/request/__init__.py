"""What a user asks of a command: periods, filters, dimensions and the other options that commands share."""
