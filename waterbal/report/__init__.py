"""Results for readers: tables in Chinese and English, and the same content as plain data."""
