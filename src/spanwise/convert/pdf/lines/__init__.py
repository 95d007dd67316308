"""From the characters of a page, as PDFium gives them, to lines of text in the order of reading."""
