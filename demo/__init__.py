"""The demo: embedded servers and a simulated organisation. Nothing imports it."""
