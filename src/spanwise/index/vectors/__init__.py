"""Vector files, the segments that a commit makes of them, and exact search over them."""

VECTORS = "vectors"
"""The folder of the vector and FAISS files, inside that of the index."""
