"""The verbs of the command, one file a group: each imports the layers that it needs when it is called."""
