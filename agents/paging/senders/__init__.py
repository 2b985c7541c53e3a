"""One sender a kind of receiver: a message in, what came of it out. The only wires of delivery."""
