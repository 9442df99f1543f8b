"""From lowered rows to kernel tables, and from kernel output back to plain arrays."""
