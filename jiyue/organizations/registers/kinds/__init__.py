"""One file per register: its rows and its description. A new file is all that a new register takes."""
