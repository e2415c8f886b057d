"""Many visitors, kills and faults: what `make soak` tries, each a script of its own here."""
