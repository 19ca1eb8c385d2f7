"""The chaos suite: the product as a black box under load, killed at random; see docs/chaos.md."""
