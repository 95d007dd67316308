"""Questions answered on a cluster: Ray Serve searches an index's vectors in shares, and reads."""
