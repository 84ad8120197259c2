"""Outside standards' shapes: pure functions from our types to what their clients expect."""
