"""Putting right what drifted: planned, guarded, journalled, read back, and undone; the only code that writes."""
