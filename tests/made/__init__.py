"""What tests are made of: histories, exports, scorers, runs, companies."""
