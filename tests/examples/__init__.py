"""The examples: each in its own world, and each where it must not be green."""
