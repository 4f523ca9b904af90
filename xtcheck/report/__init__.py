"""Reports, one module for each format, all made of the same records."""
