"""Ways to start, stop and poll one worker command."""
