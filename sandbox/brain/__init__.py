"""Rules that stand in for a language model: they read one request and nothing else.

reading the words (text, language, amounts, facts, wishes) → deciding → replying. Nothing here is
shared with `domain`: what the rules guess, the guards check as they would check a model.
"""

from sandbox.brain.answering import Reply, complete

__all__ = ["Reply", "complete"]
