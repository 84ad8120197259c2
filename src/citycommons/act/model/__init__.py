"""The traffic model of a city: network, demand and base flows, made from published versions."""
