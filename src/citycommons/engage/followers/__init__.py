"""Following road works by e-mail or in the browser: asking, saying yes, being told, stopping."""
