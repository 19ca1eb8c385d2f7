"""Rules that stand in for a language model: they read one request and nothing else.

reading the words (text, language, amounts, facts, wishes) → deciding → replying. Only the
lead's language is read as `domain` reads it: what else the rules guess, the guards check as they
would check a model.
"""

from sandbox.brain.answering import Reply, complete

__all__ = ["Reply", "complete"]
