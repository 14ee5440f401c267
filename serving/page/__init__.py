"""Pages people read: one shell, one style, drawings without script."""
