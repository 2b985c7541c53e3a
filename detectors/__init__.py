"""Whether something is wrong, and what a text says. Pure: no wire, no clock, no chance."""
