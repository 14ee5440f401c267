"""What a margin means: probability, score 1–99, band, interval; fixed with the artefact."""
