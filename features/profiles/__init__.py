"""What each column and table of an export is, and which column of a recipe it is."""
