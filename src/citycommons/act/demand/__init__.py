"""How many trips between which zones: gravity, given matrices, calibrated to counts."""
