"""What did it do: the effect of one event on a panel of sensors, and how far it may be believed."""
