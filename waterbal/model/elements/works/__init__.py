"""Works, one file each."""
