"""Use of our data at other portals: announced, reported, declared, estimated, and shown."""
