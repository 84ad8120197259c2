"""Talk and make together: a Version becomes a Thread, a Room becomes a Table."""
