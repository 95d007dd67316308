"""PDF files with pages that are pictures."""

import io

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas


def scanned(*texts):
    """A PDF with a page for each text; None is a picture."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(300, 400))
    picture = ImageReader(Image.new("RGB", (60, 80), "white"))
    for text in texts:
        if text is None:
            canvas.drawImage(picture, 0, 0, 300, 400)
        else:
            canvas.drawString(50, 300, text)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()
