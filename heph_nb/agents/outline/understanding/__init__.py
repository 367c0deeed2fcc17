"""What the PRD says of a requirement, what it leaves open, and where the tree has it."""
