"""An index brought up to date with the folders and files that it is made of."""
