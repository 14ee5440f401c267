"""Models as data: typed columns in, log-odds and their parts out."""
