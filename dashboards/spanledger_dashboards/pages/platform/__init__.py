"""Pages for whoever runs the platform and instruments apps."""
