"""Make it mean the same: a Parcel becomes a Table and a Report."""
