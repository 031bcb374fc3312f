"""People and programs: the command line. Holds no logic of its own."""
