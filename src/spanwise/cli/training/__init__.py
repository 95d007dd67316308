"""`spanwise train` and `spanwise distill`."""
