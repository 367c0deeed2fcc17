"""The built-in agent ``outline``: deterministic, no model. It plans: tickets, specifications, tests, questions.

It is an ACP agent in a process of its own (``python -m heph_nb.agents.outline``), and reaches the run over MCP like
any other.
"""
