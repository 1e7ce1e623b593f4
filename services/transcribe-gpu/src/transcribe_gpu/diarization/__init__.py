"""Who speaks when: voices as embeddings, clustered."""
