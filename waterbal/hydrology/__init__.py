"""Records of rivers and weather: read, analysed, and drawn from."""
