"""The command line: what is asked, carried out with the other rooms, and written as plain text."""
