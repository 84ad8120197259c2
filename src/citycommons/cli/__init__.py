"""The command door: argv in, one sentence or JSON out."""
