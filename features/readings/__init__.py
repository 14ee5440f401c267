"""Features of many (lead, moment) at once, or of one lead in memory."""
