"""Instrumentation of the providers' SDKs."""
