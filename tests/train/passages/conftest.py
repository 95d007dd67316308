import json

import pytest

PLACES = ("observatory", "capital", "hill", "sea")  # words of the tiny tokenizers, which a tiny model tells apart


@pytest.fixture(scope="session")
def towns(tmp_path_factory):
    """A SQuAD file about towns, and a corpus of its contexts and of passages that repeat, or overlap with, them."""
    folder = tmp_path_factory.mktemp("towns")
    paragraphs, passages = [], []
    for number, place in enumerate(PLACES):
        port = str(8443 + number)
        context = (
            f"The mayor of {place} opens the dome at dusk. The server of {place} listens on port {port} by default."
        )
        asked = f"Which port does the server of {place} use?"
        qas = [
            {"id": place, "question": asked, "answers": [{"text": port, "answer_start": context.index(port)}]},
            {"id": f"{place}-no", "question": f"How long are backups of {place} kept?", "answers": []},
        ]
        paragraphs.append({"context": context, "qas": qas})
        passages += [
            context,
            f"The server of {place} listens on port {port} by default. It stands on a hill.",
            f"The mayor of {place} has been there since 2019. It stands on a hill.",
            f"Backups of {place}? Ask for ticket {port} of the server.",
        ]
    squad = folder / "towns.json"
    squad.write_text(json.dumps({"version": "v2.0", "data": [{"title": "Towns", "paragraphs": paragraphs}]}))
    (folder / "Towns.jsonl").write_text("\n".join(json.dumps({"text": text}) for text in passages))
    return squad
