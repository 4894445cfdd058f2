"""Excel workbooks made by hand, sound ones and others."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
STYLES = (  # 0 plain, 1 a date, 2 a time, 3 date and time, 4 hours that are counted on, 5 percent
    f'<styleSheet {MAIN}><numFmts count="1"><numFmt numFmtId="200" formatCode="[h]:mm"/></numFmts>'
    '<cellXfs count="6"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="21"/>'
    '<xf numFmtId="22"/><xf numFmtId="200"/><xf numFmtId="9"/></cellXfs></styleSheet>'
)


def styled(number: float, style: int) -> tuple[float, int]:
    """A number as a date (1), a time of day (2), both (3), a duration (4) or percent (5)."""
    return number, style


def error(name: str) -> bytes:
    """The cell of a formula that fails, such as #N/A."""
    return name.encode()


def cell(place: str, value: Any) -> str:
    style = ""
    if isinstance(value, tuple):
        value, number = value
        style = f' s="{number}"'
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, bytes):
        return f'<c r="{place}" t="e"><f>NA()</f><v>{value.decode()}</v></c>'
    if isinstance(value, str):
        text = f'<is><t xml:space="preserve">{escape(value)}</t></is>'
        return f'<c r="{place}" t="inlineStr">{text}</c>'
    return f'<c r="{place}"{style}><v>{value!r}</v></c>'


def letters(number: int) -> str:
    """The letters of a column, 0 for the first."""
    return (letters(number // 26 - 1) if number >= 26 else "") + chr(65 + number % 26)


def sheet(rows: Sequence[Sequence[Any]], first: int = 1) -> str:
    lines = [
        f'<row r="{r}">{"".join(cell(f"{letters(c)}{r}", v) for c, v in enumerate(row))}</row>'
        for r, row in enumerate(rows, start=first)
        if row
    ]
    return f"<worksheet {MAIN}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def write(
    path: Path,
    sheets: Mapping[str, str | Sequence[Sequence[Any]]],
    hidden: Sequence[str] = (),
    **parts: str | bytes,
) -> Path:
    """A workbook of sheets, each of rows or of XML; other parts by name, "__" for "/"."""
    entries = "".join(
        f'<sheet name="{escape(name)}" sheetId="{i}" r:id="rId{i}"'
        f"{' state=' + chr(34) + 'hidden' + chr(34) if name in hidden else ''}/>"
        for i, name in enumerate(sheets, start=1)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{OFFICE}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i in range(1, len(sheets) + 1)
    )
    links += f'<Relationship Id="rId0" Type="{OFFICE}/styles" Target="styles.xml"/>'
    root = (
        f'<Relationships {RELATIONS}><Relationship Id="rId1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        types = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        book.writestr("[Content_Types].xml", types)
        book.writestr("_rels/.rels", root)
        workbook = f'<workbook {MAIN} xmlns:r="{OFFICE}"><sheets>{entries}</sheets></workbook>'
        book.writestr("xl/workbook.xml", workbook)
        book.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships {RELATIONS}>{links}</Relationships>"
        )
        book.writestr("xl/styles.xml", STYLES)
        for i, content in enumerate(sheets.values(), start=1):
            xml = content if isinstance(content, str) else sheet(content)
            book.writestr(f"xl/worksheets/sheet{i}.xml", xml)
        for name, content in parts.items():
            book.writestr(name.replace("__", "/"), content)
    return path
