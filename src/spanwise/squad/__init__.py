"""Question files in SQuAD format, and lines of questions."""
