"""What a notebook shows of a run and lets people do with it: one view a file, each with a script of its own."""
