"""Road works: the register, what they will do, what they did, and who is told."""
