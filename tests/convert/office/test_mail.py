"""Mail, with what is attached to it."""

import base64
from email.message import EmailMessage

from ooxml import paragraph, word


def mail(subject="Port change", text="It is 8443."):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Gerda <g@falk.example>", "o@prins.example", subject
    message.set_content(text)
    return message


def test_a_mail_with_attachments(converted):
    message = mail()
    message.add_alternative("<p>It is <b>8443</b>.</p>", subtype="html")
    boat = word(paragraph("The keel is 1.4 m deep."))
    message.add_attachment(boat, maintype="application", subtype="x", filename="boat.docx")
    message.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="pier.png")
    message.add_attachment(mail("Older", "It was 80."))
    source = converted("a.eml", message.as_bytes())
    assert source.title == "Port change"
    assert source.text.count("8443") == 1
    named = ("Attachment: boat.docx", "Attachment: pier.png")
    for words in (*named, "From: Gerda", "The keel is 1.4 m deep.", "It was 80."):
        assert words in source.text


def test_a_page_of_mail_is_read_where_a_footer_beside_it_is_plain_text(converted):
    message = EmailMessage()
    message["Subject"] = "Pump"
    message.set_content("<p>It fails at 40 bar.</p>", subtype="html")
    message.make_mixed()
    footer = EmailMessage()
    footer.set_content("The pumps mailing list")
    message.attach(footer)
    text = converted("a.eml", message.as_bytes()).text
    assert "It fails at 40 bar." in text
    assert "The pumps mailing list" in text


def test_an_attached_mail_in_base64(converted):
    inner = base64.encodebytes(mail("Older", "It was 80.").as_bytes()).decode()
    head = "Subject: Port\nMIME-Version: 1.0\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
    assert "It was 80." in converted("a.eml", head + inner).text


def test_mails_in_mails_end(converted):
    message = mail("at the bottom")
    for depth in range(30):
        outer = mail(f"level {depth}")
        outer.add_attachment(message)
        message = outer
    assert "level 29" in converted("a.eml", message.as_bytes()).text


def test_a_mailbox(converted):
    mails = [mail(f"Mail {n}", f"Text {n}.").as_bytes() for n in (1, 2)]
    box = b"".join(b"From g@falk.example Sat Nov  1 10:00:00 2031\n" + one + b"\n" for one in mails)
    source = converted("a.mbox", box)
    assert source.section_at(source.text.index("Text 2")) == ["Mail 2"]
    assert source.section_at(source.text.index("Text 1")) == ["Mail 1"]


def test_letters_that_a_mail_does_not_declare(converted):
    head = "Subject: Caf\u00e9 closes\nMIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n"
    source = converted("a.eml", head.encode("latin-1") + "The caf\u00e9 closes at six.\n".encode())
    assert source.title == "Caf\u00e9 closes"
    assert "The caf\u00e9 closes at six." in source.text


def test_what_a_report_says_of_a_delivery(converted):
    report = (
        "Subject: Undelivered\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary=b\n\n--b\n\n"
        "Not delivered.\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.falk.example\n\n"
        "Final-Recipient: rfc822; bob@prins.example\nDiagnostic-Code: smtp; 552 mailbox full\n--b--\n"
    )
    text = converted("a.eml", report).text
    assert "Final-Recipient: rfc822; bob@prins.example" in text
    assert "Diagnostic-Code: smtp; 552 mailbox full" in text
