"""What a company says of itself and of the model it wants, checked."""
