"""Arrays and tables in, tables and sentences out."""
