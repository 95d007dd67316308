"""Training on what the retriever finds: passages of a corpus for every question, read together."""
