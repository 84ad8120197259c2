"""Streets as arrays: read from many formats, compressed, checked, snapped to, written again."""
