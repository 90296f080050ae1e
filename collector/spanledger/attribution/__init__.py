"""Whose a call is: attribution in the context, across services and at the edge of an app."""
