"""What the carbon commands are made of: scenarios and the method statement."""
