"""Impact in the open: one statement of what is proven, as page, file, report and machine form."""
