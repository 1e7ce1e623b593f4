"""Language models and histories behind refine's ports."""
