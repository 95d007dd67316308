"""Tell text that is plainly not English: by its script, and by the small words of other languages."""

import re
from functools import cache

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|«[^»]*»|„[^“”]*[“”]")
OTHER_SCRIPT = re.compile(
    r"[^\W\d_A-Za-z\u00aa-\u024f\u1d00-\u1eff\u2100-\u214f\ua720-\ua7ff\ufb00-\ufb06\uff00-\uff5e]"
)
SHORT = 12  # words of a question
LONG = 5  # letters of a small word that is another language's by itself
LEAST_SHARE = 0.12  # of a text's words; of running text small words are a third
FEW = 1 / 4  # English small words to another language's: a text in that language may quote some

_ENGLISH = """
a about after all also am an and any are as at be because been before being between both but by can cannot could did
do does doing don't during each either every few first for from get gets give given gives had has have having he her
here his how i if in into is isn't it its just kind let like made make makes many may me might more most much must my
need needs no not now of often old on once one only or other our out over own same shall she should so some such take
takes tell than that the their them then there these they this those through to too under until up upon use used uses
using very was we were what what's when where whether which while who whom whose why will with within without would
you your
"""
ENGLISH = frozenset(_ENGLISH.split())

# What English or names also have stands after the bar.
OTHERS = {
    "German": """
        bis dann dass dem denn deren dessen diese dieser dieses doch ein eine einem einen einer eines gibt haben
        ich ihr ihre ihrem ihren ist jede jeder kann kein keine können mein muss müssen nicht noch nur oder sein
        seine seinem seinen sich sie sind soll sollen uns viel viele wann warum welche welchem welchen welcher
        welches wenn wer werden wie wieso wieviel wir wird wo wofür woher wurde wurden | als am an auf aus bei
        beim das den der des die durch er es für gegen hat im in ist man mit nach ohne so um und unter vom von
        vor war was zu zum zur zwischen über
    """,
    "French": """
        avez c'est cette combien comme depuis dont elle elles est est-ce eux faire faut il ils je laquelle
        lequel leur leurs mais où pas pendant peut pourquoi qu'est qu'est-ce qu'il quand que quel quelle quelles
        quels qui quoi ses sont une était été être | a au aux avec ce ces comment dans de des du en et l la le
        les n ne nous on ont ou par plus pour sa sans se son sous sur un vous y à
    """,
    "Spanish": """
        cuál cuáles cuándo cuánta cuántas cuánto cuántos cómo donde dónde ella ellos esta este estos está están
        fue fueron han hasta hay muy pero porque puede pueden que quién quiénes qué según ser son sus también
        tiene tienen ya | a al con de del desde e el en entre es ha la las le lo los más no nos o para por se si
        sin sobre su un una unos y
    """,
    "Italian": """
        anche che chi ci cosa cui dopo dove gli ha hanno il loro non ogni perché più può quale quali quando
        quanta quante quanti quanto quella quello questa questo sono sua suo viene è | a ad agli al alla alle
        come con da dal dalla degli dei del della delle dello di e era fino i in la le lo ma nei nel nella nelle
        o per se senza si sul sulla tra un una uno
    """,
    "Portuguese": """
        como ela ele eles esta este está estão eu foi foram há isso já mais mas muito não onde pode podem porque
        quais qual quando quantas quanto quantos que quem se ser seu sua também tem têm você é | a ao aos as até
        com da das de do dos e em entre era na nas no nos o os ou para pela pelo por sem são um uma à às
    """,
    "Dutch": """
        deze dit eens geen heb hebben heeft hij hoe hoeveel ik je kan kunnen maar meer moet moeten naar niet nog
        ook waar waarom waarvoor wanneer wat welk welke werd werden wie wij worden wordt zich zij zijn zou | aan
        als bij dat de den door een en er het in is met na of om onder op over te ten ter toe tot tussen u uit
        van voor was zonder
    """,
    "Swedish": """
        att bli blir dem denna dess detta där eller ett finns genom har hon hur här icke inte jag kan mycket
        måste när något också sedan som upp vad var vara varför vem vi vilka vilken vilket är | av de den det
        efter en från för han i man med mellan men ni och om på sig ska till under utan vid
    """,
    "Danish and Norwegian": """
        at ble blev blir bliver dette eller har hva hvad hvem hvilke hvilken hvilket hvor hvordan hvorfor
        hvornår ikke jeg kan kunne meget mye må nogen når også seg ska som var vil være været vært | af av da de
        den der det dig efter en er et etter for fra før i man med mellem mellom men noen og om på sig skal så
        til uden under uten ved
    """,
    "Polish": """
        aby ani by być był była było będzie czy czym dlaczego gdy gdzie ile ilu jak jaka jaki jakich jakie jego
        jej jest jeśli już kiedy komu kto która które który których lub mogą może nie niż się są tego tej ten
        tych tylko tym więc ze że | a ale co dla do i ich ma na nad o od oraz po pod przed przez przy to u w we
        z za
    """,
    "Czech and Slovak": """
        aby ako ale ani byl byla bylo být co což jak jako jaká jaké jaký je jeho jejich její jen ještě jsou kde
        kdo kdy když kedy kolik koľko která které který kto ktorá ktoré ktorý lebo musí může nebo není než od
        pokud prečo proč sa sú také toho tím či že | a by do i k na o po pod podle pre pri pro při s se si tak
        ten to u v ve z za ze
    """,
    "Romanian": """
        această acest au ați care cea cei cel cine cum când cât câte câți că dacă decât după este fost mai mult
        nu ori poate printre sau sunt său unde unei unui îl în își și | a al ale am ar ce cu de din e fi la o pe
        pentru prin se un între
    """,
    "Hungarian": """
        azok azt csak egy ez ezt hogy hogyan hol honnan hány kell kik között lehet mely melyik mennyi mert mikor
        milyen mit miért szerint után vagy van vannak volt voltak | a az be de el ha is ki meg mi nem és
    """,
    "Finnish": """
        että he hän joka jos jotka kenen ketkä koska kuin kuinka kuka kun mihin miksi mikä milloin missä mistä
        mitkä mitä monta montako mutta myös niin noin oli olivat olla onko ovat sekä sen siitä tai tämä vain voi
        voiko | ei ja me no on se
    """,
    "Turkish": """
        bir daha değil gibi göre hangi hangisi her ile kadar kaç kimdir kime mü nasil neden nedir nerede
        nereden nereye nin niçin olan olarak oldu olduğu sonra var veya yok zaman çok şey | ama bu da de
        en için kim mi mu ne o ve şu
    """,
    "Indonesian and Malay": """
        adalah akan apa apakah atau bagaimana bagi bagian bahwa berapa bisa boleh dapat harus itu jika juga
        kapan karena kepada lebih mengapa oleh saya sebagai sebuah seorang siapa siapakah sudah tahun telah
        tidak untuk yang | ada an dalam dan dari dengan di ini ke kita mana pada
    """,
    "Vietnamese": """
        bằng bị chỉ các có cũng của giờ gì hay hoặc khi khoảng không là làm một ngày người nhiêu như những nào
        này nên nếu phải sẽ thì thế trong trên tại từ và vào vì về với đâu đã đó được để ở | ai bao cho do ra
        sao theo
    """,
}


def plainly_not_english(text: str) -> bool:
    """
    Tell whether a text is plainly in another language than English.

    Names, identifiers and code belong to no language, and what a text quotes is not its own; where little else is left,
    as in many a short question, nothing is plain.
    """
    own = QUOTED.sub(" ", text)
    words = [word.casefold() for word in WORD.findall(own if WORD.search(own) else text)]
    letters = "".join(words)
    others = len(OTHER_SCRIPT.findall(letters))
    if others > len(letters) / 2:
        return sum(word in ENGLISH for word in words) <= FEW * sum(bool(OTHER_SCRIPT.match(word)) for word in words)
    distinct = set(words)
    return any(
        not telling.isdisjoint(distinct) and _is_written_in(small, telling, words) for small, telling in _languages()
    )


def _is_written_in(small: frozenset[str], telling: frozenset[str], words: list[str]) -> bool:
    found = [word for word in words if word in small]
    if len(found) < LEAST_SHARE * len(words):
        return False
    kinds = set(found)
    english = sum(word in ENGLISH and word not in small for word in words)
    if english:
        return len(kinds) > 2 and english <= FEW * len(found)
    if len(words) > SHORT:
        return len(kinds) > 2
    return len(kinds) > 1 or (
        (len(words) > 1 and any(len(word) >= LONG for word in kinds & telling)) or not all(map(str.isascii, words))
    )


@cache
def _languages() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Return the small words of each language, and those of them that neither English nor names have."""
    lines = [line.partition("|") for line in OTHERS.values()]
    pairs = [(frozenset(telling.split()), frozenset(shared.split())) for telling, _, shared in lines]
    return tuple((telling | shared, telling - ENGLISH) for telling, shared in pairs)
