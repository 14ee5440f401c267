"""The page of a run, for a sales manager and a data scientist alike."""
