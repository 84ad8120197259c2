"""Ask: Versions become a Study; description, space, cause, forecast, text, crashes."""
