"""Work at its time: what is due when, and the readings that nobody has asked for."""
