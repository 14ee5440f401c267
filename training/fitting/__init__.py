"""Each kind of model fitted on given rows: the same code for what is judged and what is served."""
