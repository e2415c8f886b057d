"""What can be taken along from a comparison: one HTML file that explains itself, and tables."""
