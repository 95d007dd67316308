"""Rules that make an answerable question one that its context does not answer."""
