"""The city's own addresses and streets, as places of rows that name an address."""


class Gazetteer:
    """Addresses by street, house number, postcode and place."""
