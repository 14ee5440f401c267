"""The documentation, held to the code: sessions are played, pages of verbs, keys and packages generated."""
