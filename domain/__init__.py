"""The rules of the sales conversation: pure values and functions, no I/O, no clock, no SDK."""
