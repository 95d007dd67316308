"""Text, Markdown, manual pages and separated values to text."""
