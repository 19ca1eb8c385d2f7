"""What we read of HubSpot's answers, and no more of them."""

from pydantic import BaseModel, Field


class Known(BaseModel, coerce_numbers_to_str=True):
    """An object that it has."""

    id: str


class Found(BaseModel):
    results: list[Known]


class Upserted(BaseModel):
    results: list[Known] = Field(min_length=1)


class NoteText(BaseModel):
    hs_note_body: str | None = None


class Note(BaseModel):
    properties: NoteText


class Notes(BaseModel):
    results: list[Note]


class Property(BaseModel):
    name: str
    unique: bool = Field(default=False, alias="hasUniqueValue")


class PropertyList(BaseModel):
    results: list[Property]
