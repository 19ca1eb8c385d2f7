import shutil
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BusinessError
from tools.business_folder import load
from tools.knowledge import FolderKnowledge

DEMO = Path(__file__).parent.parent.parent / "business"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the demo, to be broken."""
    return Path(shutil.copytree(DEMO, tmp_path / "copy"))


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "business.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def line_of(folder: Path, part: str) -> int:
    lines = (folder / "business.yaml").read_text("utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if part in line)


def problems(folder: Path) -> tuple[str, ...]:
    with pytest.raises(BusinessError) as caught:
        load(folder)
    return caught.value.problems


def test_the_demo_folder_loads() -> None:
    demo = load(DEMO)
    assert demo.company == "Casa Clara"
    assert demo.hours[0].closes.hour == 18
    assert 8 <= len(demo.knowledge) <= 12
    assert len(demo.reps) == 3
    for document in demo.documents:
        path = Path(demo.files) / document.file
        assert path.read_bytes().startswith(b"%PDF")
        assert path.stat().st_size < 60 * 1024


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("garantía de los paneles", "Garantías"), ("panel warranty", "Garantías"),
        ("garantia dos painéis", "Garantías"), ("how long does it take, timeline", "Tiempos"),
        ("financing and payment", "Formas de pago"), ("formas de pagamento", "Formas de pago"),
        ("where do you install, coverage", "Dónde trabajamos"), ("bateria", "Baterías"),
    ],
)  # fmt: skip
async def test_the_demo_is_found_in_each_language(query: str, title: str) -> None:
    assert f"### {title}" in await FolderKnowledge(load(DEMO)).search(query)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('phone: "+12025550141"', "phone: 12025550141", "reps.0.phone: must be like +573001112233"),
        ("id: mateo", "id: Mateo Ospina", "reps.1.id: only small letters, digits, - and _"),
        ("id: laura", "id: mateo", "reps.0.id: mateo stands there twice"),
        ("day: wed", "day: mié", "hours.2.day: must be one of mon, tue, wed, thu, fri, sat, sun"),
        ("opens: 09:00", "opens: nueve", "hours.5.opens: must be an hour like 09:00"),
        ("closes: 12:00", "closes: 08:00", "hours.5.closes: must be later than opens"),
        ("timezone: America/Bogota", "timezone: Bogotá", "timezone: must be a name like America"),
        ("timezone: America/Bogota", "timezone: America", "timezone: must be a name like America"),
        ("language: es", "language: fr", "language: must be one of es, en, pt"),
        ("currency: USD", "currency: dólar", "currency: must be three capital letters, like USD"),
        ("amount: 3900", "amount: caro", "prices.1.amount: must be a number like 49 or 49.90"),
        ("amount: 3900", "amount: -1", "prices.1.amount: must be a number like 49 or 49.90"),
        ("privacy_url: https", "privacy_url: http", "privacy_url: must begin with https://"),
        ("  - https://casaclara", "  - casaclara", "links.0: must begin with https://"),
        ("minutes: 30", "minutes: 5", "call.minutes: Input should be greater than or equal to 10"),
        ("tone: >-", "tono: >-", "tono: is not a known key"),
        ("id: laura", "identity: laura", "reps.0.identity: is not a known key"),
        ("currency: USD", "knowledge: USD", "knowledge: is not a known key"),
        ("company: Casa Clara", "company:", "company: is empty"),
        ("language: es", "company: es", "company: stands there twice"),
        ("name: lead_handoff", "name: Lead Handoff", "handoff_template.name: only small letters"),
        ("country: CO", "country: Colombia", "holidays.country: must be two capital letters"),
        ("country: CO", "country: XX", "holidays.country: the holidays of XX are not known"),
        ("country: CO", "country: ES, subdivision: ZZ", "holidays.subdivision: ES has no part"),
        ("max_per_day: 8", "max_per_day: 0", "call.max_per_day: must be a number from 1 to 50"),
        ("buffer_after: 0", "buffer_after: 999", "call.buffer_after: Input should be less than"),
        ("id: mateo, ", "id: mateo, max_per_day: x, ", "reps.1.max_per_day: must be a number"),
        ("id: mateo, ", "id: mateo, hours: [{ day: lun, opens: 08:00, closes: 09:00 }], ",
         "reps.1.hours.0.day: must be one of mon"),
        ("id: mateo, ", "id: mateo, hours: [{ day: mon, opens: 09:00, closes: 08:00 }], ",
         "reps.1.hours.0.closes: must be later than opens"),
        ("id: mateo, ", "id: mateo, absences: [{ first: 24/12, last: 2026-12-31 }], ",
         "reps.1.absences.0.first: must be a date like 2026-12-24"),
        ("id: mateo, ", "id: mateo, absences: [{ first: 2026-12-31, last: 2026-12-24 }], ",
         "reps.1.absences.0.last: must not be earlier than first"),
        ("name: reply_waiting", "name: Reply", "templates.reopen.name: only small letters"),
        ("languages: [es, en, pt_BR]", "languages: [es, EN]", "templates.reopen.languages.1: must"),
        ("  reopen: {", "  reopened: {", "templates.reopened"),
        ("file: casa-clara-precios.pdf", "file: no.pdf", "documents.1.file: there is no file no"),
        ("file: casa-clara-precios.pdf", "file: ../README.md", "documents.1.file: must lie in"),
        ("file: casa-clara-precios.pdf", "file: /etc/passwd", "documents.1.file: must lie in"),
        ("file: casa-clara-precios.pdf", 'file: "a\\0b"', "documents.1.file: 'a\\x00b' is no file"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(folder: Path, old: str, new: str, told: str) -> None:
    edit(folder, old, new)
    line = line_of(folder, new)
    expected = f"business.yaml:{line}: {told}"
    assert any(problem.startswith(expected) for problem in problems(folder)), problems(folder)


def test_a_missing_key_is_named(folder: Path) -> None:
    edit(folder, "timezone: America/Bogota\n", "")
    assert problems(folder) == ("business.yaml:1: timezone: is missing",)


def test_a_missing_inner_key_points_at_its_item(folder: Path) -> None:
    edit(folder, "name: Laura Restrepo, ", "")
    line = line_of(folder, "id: laura")
    assert problems(folder) == (f"business.yaml:{line}: reps.0.name: is missing",)


def test_all_problems_are_told_at_once(folder: Path) -> None:
    edit(folder, "language: es", "language: fr")
    edit(folder, "day: wed", "day: x")
    (folder / "knowledge" / "vacio.md").write_text("## Nada\n\n## Algo\ntexto\n", "utf-8")
    told = problems(folder)
    assert len(told) == 3
    assert 'knowledge/vacio.md: "Nada" has no text' in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: [1", "business.yaml:"),
        ("company: *x", "business.yaml:1: no * here"),
        ("a: &a [*a]", "business.yaml:1: no * here"),
        ("just words", "business.yaml:1: must be lines of `key: value`"),
        ("", "business.yaml:1: must be lines of `key: value`"),
        ("reps: laura", "business.yaml:1: reps: must be a list, each line beginning with -"),
        ("call: soon", "business.yaml:1: call: must be lines of `key: value`"),
        ("a: 1\n---\nb: 2", "business.yaml:2: "),
        ("\x01", "business.yaml:1: is not YAML"),
        ("[" * 600, "business.yaml:"),
    ],
)
def test_a_file_that_is_no_profile(folder: Path, text: str, told: str) -> None:
    (folder / "business.yaml").write_text(text, "utf-8")
    assert any(problem.startswith(told) for problem in problems(folder)), problems(folder)


def test_a_missing_folder_and_a_missing_profile_are_named(tmp_path: Path) -> None:
    assert problems(tmp_path)[0].startswith("business.yaml: cannot be read (No such file")
    assert str(tmp_path / "no") in problems(tmp_path / "no")[0]


def test_text_that_is_not_utf8_is_named(folder: Path) -> None:
    (folder / "knowledge" / "latin.md").write_bytes("## Años".encode("latin-1"))
    assert problems(folder) == ("knowledge/latin.md: is not UTF-8 text",)


def test_an_empty_and_a_too_large_document_are_named(folder: Path) -> None:
    (folder / "documents" / "casa-clara-precios.pdf").write_bytes(b"")
    with (folder / "documents" / "casa-clara-brochure.pdf").open("wb") as sparse:
        sparse.truncate(100 * 1024 * 1024 + 1)
    told = problems(folder)
    assert told[0].endswith("is larger than 100 MB, which WhatsApp does not take")
    assert told[1].endswith("is an empty file")


def test_a_link_out_of_the_folder_is_refused(folder: Path) -> None:
    document = folder / "documents" / "casa-clara-precios.pdf"
    document.unlink()
    document.symlink_to(DEMO / "README.md")
    assert "documents.1.file: must lie in" in problems(folder)[0]


def test_knowledge_is_split_at_headings(folder: Path) -> None:
    shutil.rmtree(folder / "knowledge")
    (folder / "knowledge").mkdir()
    text = "# Casa\n\nAntes de todo.\n\n## Uno\na\n### más\nb\n\n## Dos ##x\nc\n"
    (folder / "knowledge" / "a.md").write_text(text, "utf-8")
    sections = [(section.title, section.body) for section in load(folder).knowledge]
    assert sections == [("a", "Antes de todo."), ("Uno", "a\n### más\nb"), ("Dos ##x", "c")]


def loads_or_is_refused(folder: Path, content: bytes) -> None:
    (folder / "business.yaml").write_bytes(content)
    try:
        load(folder)
    except BusinessError as error:
        assert error.problems  # noqa: PT017  either end is right; any other exception is not


@given(content=st.binary())
def test_random_bytes_are_refused_cleanly(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    loads_or_is_refused(tmp_path_factory.getbasetemp(), content)


KEYS = ["company", "reps", "hours", "prices", "documents", "call", "links", "language", "id",
        "phone", "day", "opens", "file", "amount", "timezone", "handoff_template",
        "templates", "reopen", "name", "x"]  # fmt: skip
VALUES = st.recursive(
    st.text() | st.integers() | st.sampled_from(["09:00", "NaN", "1e9999", "../..", "\0", "es"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(profile=st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_random_profiles_are_refused_cleanly(
    tmp_path_factory: pytest.TempPathFactory, profile: dict[str, object]
) -> None:
    content = yaml.safe_dump(profile, allow_unicode=True).encode("utf-8", "surrogatepass")
    loads_or_is_refused(tmp_path_factory.getbasetemp(), content)
