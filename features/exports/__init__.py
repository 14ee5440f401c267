"""A lead export as it stands in its file: read without loss, written back as it came."""
