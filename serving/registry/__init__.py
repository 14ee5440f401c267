"""Where artefacts are registered: the store of runs, asked without patience, and who is champion there."""
