import pytest

from spanwise.text.language import plainly_not_english

OTHERS = [
    "Wie heißt der Direktor?",
    "Was ist das?",
    "Welchen Wert hat max_seq_length in der config.yaml?",
    "Quel port le serveur utilise-t-il ?",
    "Combien de livres y a-t-il ?",
    "¿Cuándo abre la biblioteca?",
    "Quién es el alcalde",
    "Qual è la porta del server?",
    "Quem construiu a cúpula?",
    "Welke poort gebruikt de server?",
    "Hur hög är masten?",
    "Hvilken port bruger serveren?",
    "Kto zbudował kopułę?",
    "Kde je server?",
    "Care este portul serverului?",
    "Melyik portot használja a szerver?",
    "Kuinka korkea masto on?",
    "Sunucu hangi portu dinler?",
    "Port apa yang digunakan server?",
    "Máy chủ sử dụng cổng nào?",
    "Какой порт использует сервер?",
    "サーバーはどのポートを使いますか?",
    "服务器使用哪个端口?",
    "서버는 어떤 포트를 사용합니까?",
    "ما هو المنفذ الذي يستخدمه الخادم؟",
    "Ποια θύρα χρησιμοποιεί;",
    "सर्वर कौन सा पोर्ट उपयोग करता है?",
]

ENGLISH = [
    "Which port does it use?",
    "port?",
    "8443",
    "",
    "...",
    "git log --oneline -S",
    "max_seq_length config.yaml default",
    "What does `git rev-list --all -- de la` do?",
    "How do I set LC_ALL=de_DE.UTF-8 in /etc/default/locale?",
    'What does "Wie geht es dir" mean?',
    "What is the title of «Où est la bibliothèque ?»",
    "What does 東京都知事選挙 mean in this report?",
    "What are β and δ in equation 3?",
    "Who was Juana Inés de la Cruz?",
    "Juana Inés de la Cruz birth",
    "Is the Van Gogh Museum in Amsterdam?",
    "What type of company is Van Gend en Loos?",
    "Does the band die Ärzte play in Baden-Baden?",
    "Café Müller opening hours",
    "Who on the El Niño team won?",
    "mv -i a la",
    "São Paulo population",
    "no such file: /usr/share/doc/de/index.html",
]


@pytest.mark.parametrize("question", OTHERS)
def test_other_languages_are_plain(question):
    assert plainly_not_english(question)


@pytest.mark.parametrize("question", ENGLISH)
def test_english_identifiers_and_names_are_not(question):
    assert not plainly_not_english(question)


def test_texts_of_documents():
    german = "Die Sternwarte öffnet bei Dunkelheit. Der Server lauscht auf Port 8443, wenn er nicht gestört ist."
    english = (
        "The observatory opens at dusk. Its server is called Die Sterne, after a band, and listens on port 8443. "
        "Ask Jean de la Tour at the Institut für Physik in Baden."
    )
    table = "| Code | Port |\n| --- | --- |\n| en | 80 |\n| es | 9200 |\n| de | 443 |\n<td>ja</td> tr td li ul"
    assert plainly_not_english(german)
    assert not plainly_not_english(english)
    assert not plainly_not_english(table)
    assert plainly_not_english(f"{german} {german} As the manual says: all is well.")
