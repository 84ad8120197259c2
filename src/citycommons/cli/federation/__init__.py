"""Three portals on this machine: a city, a region that copies it, a country that copies that."""
