"""Give: a Table becomes a Version with distributions, read through one door."""
