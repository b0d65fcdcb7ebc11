"""The words by which sources name our codes, in Kazakh, Russian, English and, for a few types, Portuguese and Spanish.

Each table is read from top to bottom and the first line that fits wins. A line is (pattern, code); a pattern is matched
at the start of any word of the lower-case text, so "школ" finds "школа" and "школы", and never "дошкольный".
"""

import re
from functools import cache

# A type that is said too generally ("education") is taken for its commonest facility, with a warning.
GENERAL_TYPES = {"education": "school", "образование": "school", "білім": "school", "білім беру": "school", "educação": "school",
                 "health": "hospital", "healthcare": "hospital", "здравоохранение": "hospital", "денсаулық сақтау": "hospital",
                 "saúde": "hospital", "salud": "hospital"}  # fmt: skip

FACILITY_TYPE = (
    (r"flood", "other"),
    (r"waterandwaste", "water"), (r"culturesportsandrecreation", "culture"), (r"socialhousing", "housing"),
    (r"детск\w*[ .-]+сад|детсад|дет\.? ?сад|д/с\b|ясли|дошкольн|балабақша|бала ?бақша|бөбекжай|мектепке дейінгі", "kindergarten"),
    (r"kindergarten|nursery|preschool|daycare|creche", "kindergarten"),
    (r"поликлин|амбулатор|фельдшер|фап\b|врачебн|медпункт|медицинск\w+ пункт|емхана|дәрігерлік", "primary_care"),
    (r"медициналық пункт|primary care|health (post|center|centre)|outpatient|polyclinic|clinic|ubs\b|upa\b", "primary_care"),
    (r"больниц|госпитал|роддом|родильн|перинатал|онкоцентр|диспансер|медицинск\w+ центр|аурухана", "hospital"),
    (r"перзентхана|hospital", "hospital"),
    (r"спортивн\w* школ|дюсш|спорт мектеб", "sport"),
    (r"школ|гимнази|лице[йя]|мектеп|school|lyceum|escola|escuela|college|колледж|university|университет", "school"),
    (r"спорт|фок\b|физкульт|бассейн|стадион|ледов|дене шынықтыру|sport|stadium|gymnasium|swimming|quadra", "sport"),
    (r"культур|клуб|библиотек|музе[йя]|театр|мәдени|кітапхана|мұражай|culture|cultural|library|museum|theat", "culture"),
    (r"водоснаб|водопровод|канализ|водоотвед|очистн\w+ сооруж|сумен|су құбыр|су жүргіз|кәріз", "water"),
    (r"water|sewer|sanitation|drainage|saneamento|esgoto|agua", "water"),
    (r"котельн|теплоснаб|теплотрасс|тепловы|тэц\b|жылу|қазандық|heat|boiler", "heat"),
    (r"социальн\w+ (обслуж|услуг|защит)|дом\w* престарел|интернат|реабилитац|әлеуметтік|қарттар|оңалту", "social_service"),
    (r"social (service|care|protection)|nursing home|orphanage|rehabilitation cent", "social_service"),
    (r"жил(ь|о|ы|ищ)|многоквартир|мжд\b|тұрғын|көппәтерлі|housing|residential|dwelling|apartment|habitaç", "housing"),
    (r"цон\b|хқко|центр\w* обслуживания населения|спеццон|халыққа қызмет көрсету|service cent|public service", "service_centre"),
    (r"дорог|автодорог|мост|путепровод|улиц|жол\b|жолдар|көпір|көше|road|bridge|highway|street|transport", "road_bridge"),
    (r"other|прочее|прочие|иное|другое|басқа", "other"),
)  # fmt: skip

METHOD = (
    (r"из одного источника|одного источника|един\w+ поставщик|бір көзден|бір дереккөз|прям\w+ (закуп|заключ|договор)", "direct"),
    (r"direct|single[- ]source|sole[- ]source", "direct"),
    (r"предварительн\w+ квалифик|алдын ала біліктілік|selective|prequalif|pre-qualif|shortlist", "selective"),
    (r"запрос\w* ценов|зцп\b|баға ұсыныс|закрыт\w+ (конкурс|тендер|аукцион)", "limited"),
    (r"limited|restricted|price quotation|request for quot", "limited"),
    (r"конкурс|аукцион|тендер|рбс\b|рейтингово|открыт|ашық|рейтингтік|байқау", "open"),
    (r"open|public bidding|competitive bidding|auction", "open"),
)  # fmt: skip

PRECISION = (
    (r"site|точн|объект|нысан|rooftop|exact|дәл", "site"),
    (r"settlement|насел|село|город|елді|ауыл|қала|village|town|city", "settlement"),
    (r"district|район|аудан|municipality|county", "district"),
    (r"region|област|облыс|регион|өңір|state|province", "region"),
    (r"unknown|неизв|белгісіз", "unknown"),
)  # fmt: skip

DELAY_CAUSE = (
    (r"money|fund|финанс|недофинанс|деньг|денежн|қаржы|ақша", "money"),
    (r"design|псд\b|проектн|проект\b|экспертиз|жоба|сараптама", "design"),
    (r"contractor|подрядчик|поставщик|мердігер|вин\w+ подряд", "contractor"),
    (r"land|земл|земел|участок|жер\b|жер учаск", "land"),
    (r"weather|погод|климат|паводок|ауа райы|су тасқын", "weather"),
    (r"unknown|неизв|белгісіз", "unknown"),
)  # fmt: skip

PAYMENT_KIND = (
    (r"advance|prepay|аванс|предоплат|алдын ала", "advance"),
    (r"retention|удержан|ұстап|ұстау", "retention"),
    (r"act\b|act of|certificate|interim|milestone|акт|авр\b|выполненн|орындалған", "act"),
    (r"other|проч|иное|басқа", "other"),
)  # fmt: skip

AMENDMENT_KIND = (
    (r"value|price|cost|sum|сумм|стоимост|цен|баға|құн|сома", "value"),
    (r"duration|term|time|period|срок|мерзім|ұзарт", "duration"),
    (r"scope|объ[её]м|вид\w* работ|көлем", "scope"),
    (r"other|проч|иное|басқа", "other"),
)  # fmt: skip

PROGRESS_SOURCE = (
    (r"photo|фото|сурет", "photographed"),
    (r"independent|monitor|volunteer|независим|обществен|наблюд|волонт|тәуелсіз|қоғамдық|бақылау|ерікті", "independent"),
    (r"reported|отчет|отчёт|подрядчик|заказчик|технадзор|технич|есеп|мердігер|тапсырыс|contractor|buyer|supervisor", "reported"),
)  # fmt: skip

TERMINATION_KIND = (
    (r"by agreement|mutual|соглашени|взаимн|по обоюдн|келісім|өзара", "by_agreement"),
    (r"for cause|breach|default|unilateral|вин\w|нарушени|неисполнен|ненадлежащ|односторон|суд|бұзу|орындамағ|кінә|біржақты|сот",
     "for_cause"),
)  # fmt: skip

CODES = {"facility_type": FACILITY_TYPE, "method": METHOD, "location_precision": PRECISION, "delay_cause": DELAY_CAUSE,
         "payment_kind": PAYMENT_KIND, "amendment_kind": AMENDMENT_KIND, "progress_source": PROGRESS_SOURCE,
         "termination_kind": TERMINATION_KIND}  # fmt: skip
# What an unknown word becomes; None = not known.
UNKNOWN_WORD = {"facility_type": "other", "delay_cause": "unknown", "payment_kind": "other", "amendment_kind": "other"}

YES = frozenset(["yes", "y", "true", "1", "да", "иә", "ия", "бар", "+", "есть", "sim", "sí"])
NO = frozenset(["no", "n", "false", "0", "нет", "жоқ", "não", "отсутствует"])
MISSING = frozenset((
    "", "-", "–", "—", "--", "---", "...", "…", "н/д", "нд", "н.д.", "нет данных", "не указано", "не указана", "не указан",
    "дерек жоқ", "мәлімет жоқ", "көрсетілмеген", "null", "none", "nan", "na", "n/a", "#n/a", "#н/д", "nil",
))  # fmt: skip
TOTALS = re.compile(
    r"(в том числе |оның ішінде )?(итого|всего|жиыны|барлығы|жалпы жиыны|жалпы|total|subtotal|grand total|sum total)"
    r"( (по|в|бойынша|for|by|объектов|нысан)\b.*)?[ .:;]*"
)
EXCEL_ERROR = re.compile(
    r"#(DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|N/A|ДЕЛ/0!|ССЫЛКА!|ЗНАЧ!|ИМЯ\?|ЧИСЛО!|ПУСТО!|SPILL!|CALC!)", re.I
)

# Words of size and of money that may stand beside an amount or in its header.
SCALES = {word: factor for factor, words in {
    10**3: "тыс тысяча тысячи тысяч мың thousand thousands ths",
    10**6: "млн миллион миллиона миллионов мил mln mn m million millions milhão milhões milhoes millón millones",
    10**9: "млрд миллиард миллиарда миллиардов bn bln billion billions bilhão bilhões bilhoes",
    10**12: "трлн триллион триллиона триллионов tn trn trillion trillions",
}.items() for word in words.split()}  # fmt: skip
CURRENCIES = {word: code for code, words in {
    "KZT": "тенге теңге тг тнг тңг kzt ₸",
    "RUB": "руб рубль рубля рублей rub ₽",
    "USD": "usd доллар доллара долларов долл us$ dollar dollars",
    "EUR": "eur евро € euro euros",
    "GBP": "gbp £",
    "CNY": "cny юань юаней",
    "UZS": "uzs сум сумов",
    "KGS": "kgs сом сомов",
    "BRL": "brl r$ real reais",
    "MXN": "mxn mx$",
    "PHP": "php ₱ peso pesos",
    "PEN": "pen s/ sol soles",
    "COP": "cop", "UAH": "uah грн гривен гривна ₴", "CLP": "clp", "ARS": "ars", "HNL": "hnl", "GTQ": "gtq", "PYG": "pyg ₲",
    "CRC": "crc", "INR": "inr ₹", "NGN": "ngn ₦", "KES": "kes", "GHS": "ghs", "ZAR": "zar", "MWK": "mwk", "UGX": "ugx",
}.items() for word in words.split()}  # fmt: skip
DOLLAR_SIGN = frozenset(["USD", "MXN", "COP", "CLP", "ARS", "CAD", "AUD"])  # countries that write plain "$" for their own money

# Month names; the position in the list is the month.
_MONTHS = (
    "январь января янв қаңтар january jan", "февраль февраля фев февр ақпан february feb", "март марта мар наурыз march mar",
    "апрель апреля апр сәуір april apr", "май мая мамыр may", "июнь июня июн маусым june jun", "июль июля июл шілде july jul",
    "август августа авг тамыз august aug", "сентябрь сентября сен сент қыркүйек september sep sept",
    "октябрь октября окт қазан october oct", "ноябрь ноября ноя нояб қараша november nov",
    "декабрь декабря дек желтоқсан december dec",
)  # fmt: skip
MONTHS = {word: number for number, words in enumerate(_MONTHS, start=1) for word in words.split()}


@cache
def _compiled(name: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"(?<!\w)(?:{pattern})"), code) for pattern, code in CODES[name])


def code_of(name: str, text: str) -> str | None:
    """The code of column `name` for lower-case `text`; None if no word fits."""
    return next((code for pattern, code in _compiled(name) if pattern.search(text)), None)


# providers where anybody gets a mailbox: an address there says nothing about an office
FREE_MAIL = frozenset((
    "gmail.com", "googlemail.com", "mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru", "yandex.ru", "yandex.kz", "ya.ru",
    "yandex.com", "rambler.ru", "mail.kz", "inbox.kz", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
    "icloud.com", "me.com", "proton.me", "protonmail.com", "gmx.com", "gmx.de",
))  # fmt: skip
