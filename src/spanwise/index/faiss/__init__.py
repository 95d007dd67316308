"""FAISS indexes over the segments of an index: which there are to be, building them, searching them."""
