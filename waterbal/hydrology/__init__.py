"""Reading series, and making those that are generated."""
