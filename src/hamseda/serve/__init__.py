"""Compose a home out of its services: configuration, certificates, audit."""
