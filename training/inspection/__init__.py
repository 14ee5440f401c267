"""Every field and feature looked at before anything is trained."""
