"""What was made with the data and what people ask for, in words, shapes and linked data."""
