"""Agents: starting them, talking to them over the Agent Client Protocol, and ending them."""
