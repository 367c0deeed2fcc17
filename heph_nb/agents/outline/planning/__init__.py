"""How requirements become tickets, in an order in which they can be worked on."""
