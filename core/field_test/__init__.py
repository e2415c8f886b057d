"""The field test: drawings that people made of a digit they were asked for, kept and counted."""
