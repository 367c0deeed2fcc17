"""What is written, and where in the repository it goes."""
