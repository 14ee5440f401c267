"""A company's tables in one engine, canonical, with what was found wrong on the way."""
