"""SQuAD files for the tests of the data tools."""

MAST = "The mast is 12 meters tall. It was built in 1987 by Ana Ruiz. The dome is 9 meters tall."
PORT = "The server listens on port 8443. Backups are kept for thirty days, and never longer."


def entry(identifier, question, *answers, **more):
    found = [{"text": text, "answer_start": start} for text, start in answers]
    return {"id": identifier, "question": question, "answers": found, "is_impossible": not answers, **more}


def squad(*paragraphs, title="Station"):
    """SQuAD's JSON of (context, entries...) tuples, all of one article."""
    return {
        "version": "v2.0",
        "data": [
            {"title": title, "paragraphs": [{"context": context, "qas": list(qas)} for context, *qas in paragraphs]}
        ],
    }
