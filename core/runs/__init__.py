"""Run folders, their queue and their workers: the only code that knows file names."""
