"""The conversation, readable top to bottom."""

from graph.sales import build_graph

__all__ = ["build_graph"]
