"""What pages draw with: charts, bars, colours and style."""
