"""What several tests need: a real dashboard process, a real browser, pictures."""
