"""`spanwise train`, `spanwise distill` and `spanwise data`."""
