"""A person takes a conversation over, writes, and gives it back."""
