"""What the whole promises, tried from outside: the installed command, other processes, kernels, git."""
