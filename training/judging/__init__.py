"""Every scorer on the same matured rows, with paired intervals; and the gate."""
