"""All that is needed to run Vendedor with no account, on loopback, each part usable on its own."""
