"""The HTTP endpoints for people: see docs/api.md."""
