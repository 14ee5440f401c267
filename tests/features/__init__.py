"""What a lead is, and how it becomes columns."""
