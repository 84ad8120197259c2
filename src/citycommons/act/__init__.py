"""Serve: a Study and live data become a Service; network, road works, traffic, parking."""
