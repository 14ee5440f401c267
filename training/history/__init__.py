"""From a company's tables to labelled rows, split forward in time."""
