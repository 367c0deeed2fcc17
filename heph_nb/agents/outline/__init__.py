"""The built-in agent ``outline``: deterministic, no model. It plans: tickets, specifications, tests, questions.

It is an ACP agent in a process of its own (``python -m heph_nb.agents.outline``), and reaches the run over MCP like
any other. ``agent`` is its face to the client, ``work`` one turn; ``analysis``, ``implementation``, ``validation``,
``clarification`` and ``notes`` are the kinds of work, from a ``brief`` to a ``result``. What they are made of is in
``understanding`` (what the PRD says), ``planning`` (tickets), ``documents`` (files), ``language`` (words and titles)
and ``acting`` (client, tools, commands, git).
"""
