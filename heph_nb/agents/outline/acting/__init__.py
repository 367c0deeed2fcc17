"""What the agent does things with: its client, its tools, commands, git, files."""
