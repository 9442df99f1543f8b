"""Models: schema, loading, checks and the rows they are lowered to."""
