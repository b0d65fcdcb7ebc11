"""The columns: name, kind, unit, meaning, OC4IDS path and the header words by which files call them.

One explicit table per kind of row. Reading, checking, documentation, the dictionary of the open data and the
synonyms page all come from here. Names and synonyms follow `methodology.md` 4.1; OC4IDS paths are of version 0.9.5
(`cp` = `contractingProcesses[].summary`).
"""

from dataclasses import dataclass

# kind -> how `check` converts the text; money is whole units of the country's currency (int64), shares are 0..1
KINDS = ("text", "id", "code", "bool", "integer", "number", "share", "money", "date", "latitude", "longitude", "url", "contact")

FACILITY_TYPES = (
    "school", "kindergarten", "hospital", "primary_care", "sport", "culture", "water", "heat",
    "housing", "road_bridge", "social_service", "service_centre", "other",
)  # fmt: skip
METHODS = ("open", "selective", "limited", "direct")
PRECISIONS = ("site", "settlement", "district", "region", "unknown")
DELAY_CAUSES = ("money", "design", "contractor", "land", "weather", "unknown")
# what a visitor sees from outside: on the visit sheet, in the form, in the store
STATUSES = ("not_started", "working", "idle", "finished_open", "finished_closed", "nothing_there", "could_not_tell")
STAGES = ("foundation", "frame", "roof", "closed", "finishing", "done")
PAYMENT_KINDS = ("advance", "act", "retention", "other")
AMENDMENT_KINDS = ("duration", "value", "scope", "other")
# who says how much is done: the parties, one visitor, or one whose photos were reviewed (stands for two)
PROGRESS_SOURCES = ("reported", "independent", "photographed")
SEEN = PROGRESS_SOURCES[1:]
TERMINATION_KINDS = ("for_cause", "by_agreement")


@dataclass(frozen=True)
class Column:
    """One column of a table. `need`: "map" (pin and delivery axis), "integrity" (theft-risk axis) or ""."""

    name: str
    kind: str
    meaning: str
    oc4ids: str = ""
    need: str = ""
    choices: tuple[str, ...] = ()
    en: tuple[str, ...] = ()
    ru: tuple[str, ...] = ()
    kk: tuple[str, ...] = ()

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Every header by which a file may call this column, its own name first."""
        return (self.name, *self.en, *self.ru, *self.kk)


FACILITIES = (
    Column("facility_id", "id", "identifier of the facility", "id", "map",
           en=("id", "project id", "facility code"),
           ru=("ID", "№ п/п", "Код объекта", "Номер проекта"), kk=("Нысан коды", "Р/с")),
    Column("title", "text", "name of the facility as the source writes it", "title", "map",
           en=("name", "facility", "project", "project title", "facility name", "project name"),
           ru=("Наименование объекта", "Объект", "Название проекта", "Наименование проекта", "Название объекта", "Наименование"),
           kk=("Нысан атауы", "Объект атауы", "Жоба атауы", "Атауы")),
    Column("title_kk", "text", "name in Kazakh", en=("title kk",), ru=("Наименование на казахском",), kk=("Қазақша атауы",)),
    Column("title_ru", "text", "name in Russian", en=("title ru",), ru=("Наименование на русском",), kk=("Орысша атауы",)),
    Column("title_en", "text", "name in English", en=("title en",), ru=("Наименование на английском",), kk=("Ағылшынша атауы",)),
    Column("facility_type", "code", "kind of facility", "sector, additionalClassifications", "map", FACILITY_TYPES,
           en=("type", "sector", "category", "facility type"),
           ru=("Тип объекта", "Вид объекта", "Отрасль", "Сфера"), kk=("Нысан түрі", "Сала")),
    Column("programme", "text", "state programme that pays for it", "relatedProjects, budget.budgetBreakdown",
           en=("program", "programme name"), ru=("Программа", "Госпрограмма"), kk=("Бағдарлама",)),
    Column("region", "text", "region as the source states it: name, ISO 3166-2 or KATO code", "locations[].address.region", "map",
           en=("oblast", "state", "kato", "region name"),
           ru=("Область", "Регион", "Город", "КАТО"), kk=("Облыс", "Өңір", "Қала", "ӘАОЖ")),
    Column("district", "text", "district or municipality", "locations[].address.locality",
           en=("municipality", "locality", "county", "city"), ru=("Район", "Муниципалитет"), kk=("Аудан",)),
    Column("settlement", "text", "town or village", "locations[].address.locality",
           en=("village", "town"), ru=("Населенный пункт", "Село"), kk=("Елді мекен", "Ауыл")),
    Column("address", "text", "street address", "locations[].address.streetAddress",
           en=("street address",), ru=("Адрес", "Местонахождение"), kk=("Мекенжай",)),
    Column("lat", "latitude", "latitude, degrees north, WGS 84", "locations[].geometry.coordinates[1]", "map",
           en=("latitude",), ru=("Широта",), kk=("Ендік",)),
    Column("lon", "longitude", "longitude, degrees east, WGS 84", "locations[].geometry.coordinates[0]", "map",
           en=("lng", "longitude"), ru=("Долгота",), kk=("Бойлық",)),
    Column("location_precision", "code", "how exact the point is", "locations[].x_precision", "", PRECISIONS,
           en=("precision",), ru=("Точность координат",), kk=("Координаттар дәлдігі",)),
    Column("buyer_id", "id", "identifier (BIN) of the buyer", "publicAuthority.id, cp.tender.procuringEntity.id", "integrity",
           en=("buyer_bin", "buyer bin"), ru=("БИН заказчика",), kk=("Тапсырыс берушінің БСН",)),
    Column("buyer_name", "text", "public body that orders the works", "publicAuthority.name", "map",
           en=("buyer", "buyer name", "procuring entity", "client", "public authority", "implementing office"),
           ru=("Заказчик", "Администратор программы", "УКС", "Организатор", "Наименование заказчика"),
           kk=("Тапсырыс беруші", "Тапсырыс беруші атауы")),
    Column("buyer_contact", "contact", "public contact of that office: web address, e-mail or telephone",
           "parties[roles=publicAuthority].contactPoint",
           en=("buyer contact", "contact of the buyer", "office contact", "public contact"),
           ru=("Контакт заказчика", "Контакты заказчика", "Телефон заказчика", "Сайт заказчика", "Электронная почта заказчика"),
           kk=("Тапсырыс берушінің байланысы", "Тапсырыс берушінің телефоны", "Тапсырыс берушінің сайты")),
    Column("supervisor_name", "text", "technical supervision", "parties[roles=supervisor].name",
           en=("supervisor",), ru=("Технадзор", "Технический надзор"), kk=("Техникалық қадағалау",)),
    Column("budget_amount", "money", "approved budget of the facility", "budget.amount.amount", "map",
           en=("budget", "approved budget", "total cost"),
           ru=("Бюджет", "Сметная стоимость", "Общая стоимость", "Выделено", "Лимит"),
           kk=("Бюджет", "Сметалық құны", "Жалпы құны", "Бөлінді")),
    Column("currency", "text", "ISO 4217 code of every amount of the row", "budget.amount.currency",
           en=("currency code",), ru=("Валюта",), kk=("Валюта",)),
    Column("capacity", "number", "places, beds, visits per shift or square metres", "metrics[id=capacity]", "integrity",
           en=("places", "number of places", "beds"),
           ru=("Мощность", "Количество мест", "Проектная мощность", "Мест", "Коек", "Посещений в смену", "Площадь", "кв.м"),
           kk=("Қуаты", "Орын саны", "Төсек саны", "Ауданы", "ш.м")),
    Column("capacity_unit", "text", "unit of the capacity", "metrics[id=capacity].observations[].unit.name", "integrity",
           en=("unit of capacity",), ru=("Единица мощности", "Ед. изм. мощности"), kk=("Қуат бірлігі",)),
    Column("due_announced_on", "date", "date of delivery announced in public", "milestones[type=delivery].dueDate",
           en=("announced date", "due_date_announced"), ru=("Объявленный срок", "Обещанный срок"), kk=("Жарияланған мерзім",)),
    Column("due_normative_on", "date", "date of delivery by the norm of duration", "x_normativeEndDate",
           en=("normative date", "due_date_normative"), ru=("Нормативный срок",), kk=("Нормативтік мерзім",)),
    Column("completed_on", "date", "date of the act of acceptance", "completion.endDate, milestones[type=delivery].dateMet",
           en=("completion_date", "actual completion date", "date completed"),
           ru=("Фактическая дата ввода", "Дата акта приемки", "Дата ввода в эксплуатацию"),
           kk=("Нақты берілген күні", "Қабылдау актісінің күні")),
    Column("status", "text", "status in the words of the source", "status",
           en=("project status", "work status", "status of works"), ru=("Статус", "Состояние"), kk=("Мәртебесі", "Күйі")),
    Column("delay_cause", "code", "cause of the delay as the source gives it", "x_delayCause", "", DELAY_CAUSES,
           en=("cause of delay", "reason for delay"), ru=("Причина задержки",), kk=("Кешігу себебі",)),
    Column("expertise_on", "date", "date of the positive state expertise", "documents[].datePublished",
           en=("expertise_date",), ru=("Дата заключения экспертизы", "Госэкспертиза"), kk=("Сараптама қорытындысының күні",)),
    Column("absorbed_amount", "money", "'Освоено / Игерілді': accepted or paid, the source does not say which", "",
           en=("absorbed",), ru=("Освоено",), kk=("Игерілді",)),
    Column("is_restricted", "bool", "special-regime facility: never published (Law on Public Control)", "",
           en=("restricted",), ru=("Режимный объект", "Закрытый объект", "Гриф секретности"),
           kk=("Режимдік нысан", "Жабық нысан", "Құпиялылық белгісі")),
    Column("source_url", "url", "where this row can be checked", "documents[].url", "map",
           en=("url", "link", "source"), ru=("Ссылка", "Источник"), kk=("Сілтеме", "Дереккөз")),
    Column("source_as_of", "date", "date at which the source says this", "updated", "map",
           en=("as_of", "updated", "as of", "extracted on"), ru=("Дата выгрузки",), kk=("Жүктелген күні",)),
)  # fmt: skip

CONTRACTS = (
    Column("contract_no", "id", "number of the contract", "cp.externalReference",
           en=("contract number", "contract id", "contract"), ru=("№ договора", "Номер договора"),
           kk=("Шарт №", "Келісімшарт нөмірі")),
    Column("supplier_id", "id", "identifier (BIN) of the supplier", "cp.suppliers[].id", "integrity",
           en=("supplier_bin", "supplier bin", "contractor id"), ru=("БИН (подрядчика)", "БИН подрядчика", "БИН/ИИН поставщика"),
           kk=("Мердігердің БСН", "БСН/ЖСН")),
    Column("supplier_name", "text", "contractor of the works", "cp.suppliers[].name", "map",
           en=("supplier", "contractor", "contractor name", "supplier name"),
           ru=("Подрядчик", "Генподрядчик", "Поставщик", "Исполнитель", "Наименование подрядчика", "Наименование поставщика"),
           kk=("Мердігер", "Бас мердігер", "Өнім беруші", "Мердігер атауы")),
    Column("signed_on", "date", "date of signing", "cp.contractPeriod.startDate", "map",
           en=("contract_date", "contract date", "date signed", "award date", "signing date", "date of signing", "contract signing date"),
           ru=("Дата договора", "Дата заключения", "Дата заключения договора"), kk=("Шарт күні", "Шарт жасалған күні")),
    Column("start_on", "date", "start of works", "cp.contractPeriod.startDate, implementationPeriod.startDate", "map",
           en=("start_date", "start date", "works start", "planned start", "planned start date", "start of construction", "commencement date"), ru=("Дата начала", "Начало СМР", "Начало строительства"),
           kk=("Басталу күні", "ҚМЖ басталуы")),
    Column("value_first_amount", "money", "value at signing", "modifications[0].oldContractValue.amount", "integrity",
           en=("contract_value_original", "original contract value", "initial contract value"),
           ru=("Первоначальная сумма", "Сумма до доп. соглашения"), kk=("Бастапқы шарт сомасы",)),
    Column("value_amount", "money", "value in force", "cp.contractValue.amount", "map",
           en=("contract_value", "contract value", "contract amount", "contract sum"),
           ru=("Сумма договора", "Стоимость по договору", "Цена договора"), kk=("Шарт сомасы", "Келісімшарт құны")),
    Column("due_first_on", "date", "first contract date of completion (baseline)", "modifications[0].oldContractPeriod.endDate", "integrity",
           en=("due_date_original", "original due date", "original completion date"),
           ru=("Первоначальный срок", "Первоначальный срок сдачи"), kk=("Бастапқы мерзім",)),
    Column("due_on", "date", "contract date of completion in force", "cp.contractPeriod.endDate", "map",
           en=("due_date", "due date", "planned completion date", "planned end date", "planned end", "planned completion",
               "scheduled completion date", "contract end date", "expiry date"),
           ru=("Срок сдачи", "Срок ввода", "Плановый срок ввода", "Срок завершения", "Дата окончания"),
           kk=("Аяқталу мерзімі", "Тапсыру мерзімі", "Пайдалануға беру мерзімі")),
    Column("n_amendments", "integer", "number of amendments of value, duration or scope", "cp.modifications", "integrity",
           en=("amendments", "number of amendments"), ru=("Кол-во доп. соглашений", "Доп. соглашения"),
           kk=("Қосымша келісімдер саны",)),
    Column("paid_amount", "money", "paid to date", "cp.transactions[].value.amount", "map",
           en=("paid", "amount paid", "paid to date", "total paid", "amount disbursed"), ru=("Оплачено", "Профинансировано", "Кассовые расходы", "Перечислено"),
           kk=("Төленді", "Қаржыландырылды")),
    Column("advance_amount", "money", "of that, advance", "cp.transactions[x_type=advance].value.amount", "integrity",
           en=("advance", "advance payment"), ru=("Аванс", "Предоплата"), kk=("Аванс", "Алдын ала төлем")),
    Column("method", "code", "method of procurement", "cp.tender.procurementMethod", "integrity", METHODS,
           en=("procurement method",), ru=("Способ закупки", "Способ ГЗ"), kk=("Сатып алу тәсілі",)),
    Column("method_details", "text", "method in the words of the source", "cp.tender.procurementMethodDetails"),
    Column("n_bidders", "integer", "number of tenderers", "cp.tender.numberOfTenderers", "integrity",
           en=("bidders", "number of bidders", "number of tenderers"), ru=("Кол-во участников", "Количество заявок"),
           kk=("Қатысушылар саны", "Өтінім саны")),
    Column("published_on", "date", "publication of the tender", "cp.tender.datePublished", "integrity",
           en=("publish_date", "advertisement date", "publication date"), ru=("Дата объявления", "Дата публикации"),
           kk=("Жарияланған күні",)),
    Column("bid_deadline_on", "date", "end of the submission of tenders", "OCDS tender.tenderPeriod.endDate", "integrity",
           en=("bid_deadline", "bid submission deadline"), ru=("Срок окончания приема заявок",),
           kk=("Өтінімдерді қабылдау аяқталуы",)),
    Column("supplier_registered_on", "date", "date of the supplier's registration as a firm", "parties[roles=supplier].x_registeredOn",
           en=("supplier registration date", "registration date of the supplier"), ru=("Дата регистрации подрядчика", "Дата регистрации поставщика"),
           kk=("Мердігердің тіркелген күні",)),
    Column("supplier_revenue_amount", "money", "the supplier's revenue of the three years before the award, in all", "parties[roles=supplier].x_revenue",
           en=("supplier revenue", "supplier revenue for three years"), ru=("Доход подрядчика за 3 года", "Выручка подрядчика за три года"),
           kk=("Мердігердің үш жылдық кірісі", "Мердігердің үш жылдық түсімі")),
    Column("is_on_rnu", "bool", "supplier is on the register of unfair participants (RNU)", "x_rnu", "",
           en=("rnu_flag", "debarred"), ru=("РНУ", "В реестре недобросовестных"), kk=("Жосықсыз қатысушылар тізілімі",)),
    Column("rnu_from_on", "date", "first day on that register", "x_rnu.startDate", en=("rnu from",), ru=("РНУ с",), kk=("Тізілімге енген күні",)),
    Column("rnu_to_on", "date", "last day on that register", "x_rnu.endDate", en=("rnu to",), ru=("РНУ по",), kk=("Тізілімнен шыққан күні",)),
    Column("is_terminated", "bool", "contract was terminated", "cp.status", en=("terminated",), ru=("Расторгнут",), kk=("Бұзылған",)),
    Column("termination_kind", "code", "how it was terminated: for cause, or by agreement", "x_terminationKind", "", TERMINATION_KINDS,
           en=("termination", "termination reason"), ru=("Причина расторжения", "Основание расторжения"), kk=("Бұзу себебі", "Бұзу негізі")),
)  # fmt: skip

PROGRESS = (
    Column("reported_on", "date", "date of the report of physical progress", "metrics[id=physicalProgress].observations[].period", "map",
           en=("progress_date", "report date", "date", "last inspection date", "inspection date", "date of inspection", "date of last inspection"), ru=("Дата отчета", "По состоянию на", "Дата"), kk=("Есеп күні", "Күні")),
    Column("progress_share", "share", "physical progress, share of the works done", "metrics[id=physicalProgress].observations[].measure", "map",
           en=("progress_pct", "progress", "percent complete", "pct", "% complete", "physical progress", "percentage complete"),
           ru=("Физический объем", "% готовности", "Готовность, %", "Процент выполнения", "Степень готовности"),
           kk=("Дайындығы, %", "Техникалық дайындық", "Орындалуы, %")),
    Column("progress_source", "code", "reported by the parties, or seen independently", "observations[].x_source", "", PROGRESS_SOURCES,
           en=("source",), ru=("Источник",), kk=("Дереккөз",)),
)  # fmt: skip

PAYMENTS = (
    Column("paid_on", "date", "date of the payment", "cp.transactions[].date", en=("date", "payment date"), ru=("Дата", "Дата платежа"), kk=("Күні", "Төлем күні")),
    Column("amount", "money", "amount of the payment", "cp.transactions[].value.amount", en=("value", "payment"), ru=("Сумма", "Сумма платежа"), kk=("Сома", "Төлем сомасы")),
    Column("payment_kind", "code", "advance, act of work, retention", "cp.transactions[].x_type", "", PAYMENT_KINDS, en=("type", "kind"), ru=("Тип", "Вид платежа"), kk=("Түрі",)),
)  # fmt: skip

AMENDMENTS = (
    Column("amended_on", "date", "date of the amendment", "cp.modifications[].date", en=("date", "amendment date"), ru=("Дата",), kk=("Күні",)),
    Column("amendment_kind", "code", "what it changes", "cp.modifications[].type", "", AMENDMENT_KINDS, en=("type", "kind"), ru=("Тип",), kk=("Түрі",)),
    Column("value_before_amount", "money", "value before", "cp.modifications[].oldContractValue.amount", en=("old value",), ru=("Сумма до",), kk=("Бұрынғы сома",)),
    Column("value_after_amount", "money", "value after", "cp.modifications[].newContractValue.amount", en=("new value",), ru=("Сумма после",), kk=("Жаңа сома",)),
    Column("due_before_on", "date", "date of completion before", "cp.modifications[].oldContractPeriod.endDate", en=("old due date",), ru=("Срок до",), kk=("Бұрынғы мерзім",)),
    Column("due_after_on", "date", "date of completion after", "cp.modifications[].newContractPeriod.endDate", en=("new due date",), ru=("Срок после",), kk=("Жаңа мерзім",)),
    Column("reason", "text", "reason given", "cp.modifications[].rationale", en=("rationale",), ru=("Причина", "Основание"), kk=("Себебі",)),
)  # fmt: skip

BIDS = (
    Column("bidder_id", "id", "identifier (BIN) of the tenderer", "bids.details[].tenderers[].id", en=("bidder",), ru=("БИН участника",), kk=("Қатысушының БСН",)),
    Column("amount", "money", "amount offered", "bids.details[].value.amount", en=("bid amount",), ru=("Цена предложения",), kk=("Ұсыныс бағасы",)),
    Column("is_valid", "bool", "admitted", "bids.details[].status", en=("valid",), ru=("Допущен",), kk=("Жіберілді",)),
    Column("is_winner", "bool", "won", "awards[].suppliers", en=("winner",), ru=("Победитель",), kk=("Жеңімпаз",)),
)  # fmt: skip

_FACILITY_KEY, _CONTRACT_KEY = FACILITIES[0], CONTRACTS[0]

# What a file may hold. A facilities file may carry the contract and the latest progress in the same row.
INPUT_TABLES: dict[str, tuple[Column, ...]] = {
    "facilities": (*FACILITIES, *CONTRACTS, *PROGRESS[:2]),
    "contracts": (_FACILITY_KEY, *CONTRACTS),
    "payments": (_FACILITY_KEY, _CONTRACT_KEY, *PAYMENTS),
    "progress": (_FACILITY_KEY, _CONTRACT_KEY, *PROGRESS),
    "amendments": (_FACILITY_KEY, _CONTRACT_KEY, *AMENDMENTS),
    "bids": (_FACILITY_KEY, _CONTRACT_KEY, *BIDS),
}
# Names by which a sheet or a file says which table it is (matched after folding case and letters).
SHEET_WORDS: dict[str, tuple[str, ...]] = {
    "facilities": ("facilities", "projects", "объекты", "нысандар", "жобалар"),
    "contracts": ("contracts", "договоры", "контракты", "шарттар", "келісімшарттар"),
    "payments": ("payments", "transactions", "платежи", "оплаты", "төлемдер"),
    "progress": ("progress", "reports", "прогресс", "ход работ", "готовность", "орындалу", "есептер"),
    "amendments": ("amendments", "modifications", "доп. соглашения", "допсоглашения", "қосымша келісімдер"),
    "bids": ("bids", "tenders", "заявки", "участники", "өтінімдер"),
}

# What `check` writes: one Parquet file per table. `source_*` say where each row came from (row number as printed).
_SOURCE = {"source_file": "text", "source_sheet": "text", "source_row": "integer"}


def _kinds(columns: tuple[Column, ...]) -> dict[str, str]:
    return {c.name: c.kind for c in columns}


FACT_TABLES: dict[str, dict[str, str]] = {
    # region_code: ISO 3166-2 (or the country's own code), null when not known; facility_type_stated: the source's words
    "facilities": _kinds(FACILITIES) | {"region_code": "code", "facility_type_stated": "text", "due_precision": "code", **_SOURCE},
    "contracts": {"contract_id": "id", "facility_id": "id"} | _kinds(CONTRACTS) | {"buyer_id": "id", **_SOURCE},
    "payments": {"payment_id": "id", "facility_id": "id", "contract_id": "id"} | _kinds(PAYMENTS) | _SOURCE,
    "progress": {"report_id": "id", "facility_id": "id"} | _kinds(PROGRESS) | _SOURCE,
    "amendments": {"amendment_id": "id", "facility_id": "id", "contract_id": "id"} | _kinds(AMENDMENTS) | _SOURCE,
    "bids": {"bid_id": "id", "facility_id": "id", "contract_id": "id"} | _kinds(BIDS) | _SOURCE,
}  # fmt: skip

# beside the facilities of a snapshot made with the store: the last reply of the body and the state of the review
WORKED: dict[str, str] = {
    "buyer_reply": "text", "buyer_reply_office": "text", "buyer_replied_on": "date", "review_state": "code",
    "review_since_on": "date",
}  # fmt: skip

# kind -> Arrow type of the fact tables (names understood by `pyarrow.type_for_alias`)
ARROW_TYPES = {
    "text": "string", "id": "string", "code": "string", "url": "string", "contact": "string", "bool": "bool", "integer": "int64",
    "number": "double", "share": "double", "money": "int64", "date": "date32", "latitude": "double", "longitude": "double",
}  # fmt: skip


def column(table: str, name: str) -> Column:
    """The column of an input table by its name; KeyError if there is none."""
    return next(c for c in INPUT_TABLES[table] if c.name == name)


# The scored facilities of a snapshot: one row per facility. For each indicator of the catalogue there are four more
# columns: `<id>_severity` (0..1, null = not known), `<id>_value` (the number the rule looked at, in its own unit),
# `<id>_points` (its part of r_lo; theft indicators only) and `<id>_reason` (locale key why it is not known, else null).
SCORED: dict[str, str] = {
    **{c.name: c.kind for c in FACILITIES},
    "region_code": "code", "facility_type_stated": "text", "due_precision": "code", **_SOURCE,
    "district_code": "code",  # by the boundaries of the country's districts; where there are none, the stated district
    # the main works contract (largest value), and sums over all contracts of the facility
    "contract_id": "id", "contract_no": "id", "supplier_id": "id", "supplier_name": "text", "n_contracts": "integer",
    "signed_on": "date", "start_on": "date", "due_first_on": "date", "due_on": "date", "method": "code", "n_bidders": "integer",
    "n_amendments": "integer", "value_first_amount": "money", "value_amount": "money", "paid_amount": "money", "advance_amount": "money",
    "last_paid_on": "date", "progress_share": "share", "progress_on": "date", "observed_share": "share",
    # delivery: facts about dates
    "delivery": "code",  # overdue | completed_late | completed_on_time | not_due | not_known
    "is_overdue": "bool", "days_late": "integer", "stalled_since_on": "date", "spi_t": "number",
    # the forecast: expected finish, its P80 interval, probability of a finish more than 30 days late
    "forecast_finish_on": "date", "forecast_low_on": "date", "forecast_high_on": "date", "late_probability": "share",
    # integrity: 0..100 points; coverage is a share
    "r_lo": "number", "r_mid": "number", "r_hi": "number", "coverage": "share", "level": "code", "n_families": "integer",
    "is_flagged": "bool",
    "level_raw": "code",  # by the formula; `level` is the published one, after the hysteresis
    # 1 = most points; where it lies in 80 % of other weightings, and in how many of them it is among the 20 highest
    "rank": "integer", "rank_low": "integer", "rank_high": "integer", "top20_share": "share",
    # documented exposure, whole currency units
    "exposure_paid_ahead_amount": "money", "exposure_overpaid_amount": "money", "exposure_price_amount": "money",
    "exposure_growth_amount": "money", "exposure_amount": "money",
    "emr_amount": "money", "emr_low_amount": "money", "emr_high_amount": "money",  # expected money at risk: an estimate
    # peers of the unit cost
    "unit_cost": "number", "peer_unit_cost": "number", "n_peers": "integer",
    "missing_fields": "text",  # core fields (settings score.core_fields) not disclosed, comma separated
}  # fmt: skip
DELIVERY = ("overdue", "completed_late", "completed_on_time", "not_due", "not_known")
LEVELS = ("low", "medium", "high", "critical", "not_assessable")
