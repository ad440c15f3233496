"""From one row's cells to a recipient: number, sender, text, media, zone and group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeVar

from dispatcher.model.campaign import CampaignSettings
from dispatcher.model.invisible_characters import is_seen
from dispatcher.model.media import MediaFacts
from dispatcher.model.recipient import Recipient
from dispatcher.model.segments import utf16_units
from dispatcher.model.smart_encoding import smart_encoded
from dispatcher.numbering.area_codes import AreaCode
from dispatcher.roster._cell_cache import CellCache
from dispatcher.roster._consent import ConsentColumns, NoConsentError
from dispatcher.roster._empty_words import EmptyWords
from dispatcher.roster._first_rows import is_number
from dispatcher.roster._merge_fields import MessageTemplate, compile_template
from dispatcher.roster._timezones import read_timezone
from dispatcher.roster.columns import Columns, short_heading
from dispatcher.roster.formula_guard import NO_SAVED_VALUE
from dispatcher.roster.media_cells import checked_media, let_through, read_media
from dispatcher.roster.numbers import NumberReader, is_fictional, read_sender
from dispatcher.roster.placeholders import Placeholders
from dispatcher.roster.readings import Remark
from dispatcher.roster.rejections import RowError, refused, refused_by

#: CarrierX: text of an MMS at most 1,600 characters. An SMS is held to the same.
TEXT_MAX = 1600

T = TypeVar("T")
Cells = tuple[str, ...]


def _saved(cell: str) -> str:
    """The cell, if it is not a formula whose value nobody has computed: two of those have nothing in common."""
    if cell == NO_SAVED_VALUE:
        raise RowError("no_saved_value")
    return cell


class RowRules(NamedTuple):
    """What a row is read under. `fixed` names the settings that came from options: they outrank columns.

    `area_codes` are those that are known. `media` is what is known of media addresses; what is not in it passes.
    """

    settings: CampaignSettings
    fixed: frozenset[str]
    fictional_ok: bool
    regions: frozenset[str]
    area_codes: Mapping[str, AreaCode]
    media: Mapping[str, MediaFacts]


class RowReader:
    """Reads the rows of one file.

    Raises:
        FileRefused: the campaign's message, media, sender or group does not go with this file's columns.
    """

    def __init__(self, columns: Columns, rules: RowRules) -> None:
        settings, fixed = rules.settings, rules.fixed
        self._columns = columns
        self._fictional_ok = rules.fictional_ok
        self._media_facts = rules.media
        self.to = columns.to
        self.recipient_cells = columns.recipient_cells
        self._elsewhere = 0
        self.overridden: list[int] = []
        self.sender_index = self._unless_fixed("senders" in fixed, columns.sender)
        self.message_index = self._unless_fixed("message" in fixed, columns.message)
        self.media_index = self._unless_fixed("media_urls" in fixed, columns.media)
        self.zone_index = columns.timezone
        self.group_index = self._group_column(settings.group_by)
        self.has_senders = self._usable_senders(settings.senders)
        self._message = settings.message
        self.template = self._campaign_template(settings.message)
        self.campaign_media = self._well_formed(settings.media_urls)
        self.campaign_media_invalid = self._cannot_be_sent(self.campaign_media)
        self.numbers = NumberReader(
            fictional_ok=rules.fictional_ok,
            regions=rules.regions,
            codes=rules.area_codes,
            send_unknown=settings.unknown_area_codes == "send",
        )
        self.senders = CellCache(self._one_sender)
        self.zones = CellCache(read_timezone)
        self.media_cells = CellCache(self._media_in)
        self.placeholders = Placeholders(columns)
        self.templates = CellCache(self._own_template)
        self.consent = ConsentColumns(columns, settings)
        self.smart_encoding = settings.smart_encoding
        self._empty_words = EmptyWords()
        self._refuse_a_campaign_without_content()

    def read(self, row: int, line: int, cells: Cells) -> Recipient:
        """The recipient in these cells.

        Raises:
            RowError: with the code and the column that say why there is none.
        """
        try:
            self.consent.require(cells)
        except NoConsentError as error:
            error.number = self.number_in(cells)
            raise
        number = self._number(cells)
        sender = self._sender(cells)
        text = self._text(cells)
        media = self._media_of(cells)
        if text is None and not media:
            raise RowError("no_content")
        zone = self._zone(cells)
        group = None if self.group_index is None else self._group(cells[self.group_index].strip())
        return Recipient(row, line, number, sender, text, media, zone, group, cells)

    def _number(self, cells: Cells) -> str:
        columns = self._columns
        try:
            return self.numbers.read(columns.recipient_cell(cells))
        except RowError as error:
            if columns.labelled is None and self._empty_words.count(cells[self.to].strip()):
                error.code, error.words = "empty_number", {}
            if error.code == "empty_number" and any(is_number(cells[index]) for index in columns.others):
                self._elsewhere += 1
            error.column = columns.names[self.to]
            raise

    def number_in(self, cells: Cells) -> str | None:
        """The number of a row, whether it can be sent to or not; None if it cannot be read."""
        try:
            return self.numbers.read(self._columns.recipient_cell(cells))
        except RowError as error:
            return error.number

    def remarks(self) -> Iterator[Remark]:
        """What was noticed about rows that were read."""
        yield from (*self._empty_words.remarks(), *self.numbers.remarks())
        count, columns = self._elsewhere, self._columns
        if count:
            column = f"`{short_heading(columns.names[self.to])}`"
            others = " or ".join(f"`{short_heading(columns.names[index])}`" for index in columns.others)
            rows = "1 row has" if count == 1 else f"{count} rows have"
            yield Remark(
                "number_elsewhere", f"{rows} no number in {column} and one in {others}; it is not used."
            )

    def _unless_fixed(self, fixed: bool, index: int | None) -> int | None:
        if not fixed or index is None:
            return index
        self.overridden.append(index)
        return None

    def _in_column(self, readings: CellCache[T], cells: Cells, index: int) -> T:
        try:
            return readings[cells[index]]
        except RowError as error:
            error.column = error.column or self._columns.names[index]
            raise

    def _zone(self, cells: Cells) -> str | None:
        if self.zone_index is None or not self._empty_words.is_value(cells[self.zone_index]):
            return None
        return self._in_column(self.zones, cells, self.zone_index)

    def _sender(self, cells: Cells) -> str | None:
        if self.sender_index is not None and self._empty_words.is_value(cells[self.sender_index]):
            return self._in_column(self.senders, cells, self.sender_index)
        if not self.has_senders:
            raise RowError("no_sender", self._columns.names[self.sender_index or 0])
        return None

    def _one_sender(self, cell: str) -> str:
        number = read_sender(cell)
        if is_fictional(number) and not self._fictional_ok:
            raise RowError("fictional_sender")
        return number

    def _text(self, cells: Cells) -> str | None:
        template = self.template
        if self.message_index is not None and self._empty_words.is_value(cells[self.message_index]):
            template = self._in_column(self.templates, cells, self.message_index)
        if template is None:
            return None
        text = template.render(cells, self._empty_words)
        if text and not (template.is_seen or is_seen(text)):
            raise RowError("invisible_text")
        if self.smart_encoding:
            text = smart_encoded(text)
            if "{{" in text:
                raise RowError("merge_leftover")
        if len(text) > TEXT_MAX // 2 and (length := utf16_units(text)) > TEXT_MAX:
            raise RowError("text_too_long", characters=length, limit=TEXT_MAX)
        return text or None

    def _own_template(self, cell: str) -> MessageTemplate:
        text = _saved(cell.strip())
        if not is_seen(text):
            raise RowError("invisible_text")
        if refusal := self.placeholders.refusal(text):
            raise refusal
        return compile_template(text, self._columns)

    def _group(self, cell: str) -> str:
        if self._empty_words.count(cell):
            return ""
        try:
            return _saved(cell)
        except RowError as error:
            error.column = self._columns.names[self.group_index or 0]
            raise

    def _media_of(self, cells: Cells) -> tuple[str, ...]:
        if self.media_index is not None and self._empty_words.is_value(cells[self.media_index]):
            return self._in_column(self.media_cells, cells, self.media_index)
        return (
            let_through(self.campaign_media, self._media_facts)
            if self.campaign_media_invalid
            else self.campaign_media
        )

    def _media_in(self, cell: str) -> tuple[str, ...]:
        return let_through(read_media(cell), self._media_facts)

    @property
    def has_media_column(self) -> bool:
        """Whether rows may have media of their own."""
        return self.media_index is not None

    def _group_column(self, group_by: str | None) -> int | None:
        if group_by is None:
            return None
        columns = self._columns
        if columns.is_ambiguous(group_by):
            raise refused("two_columns_alike", line=columns.line, heading=group_by)
        index = columns.find(group_by)
        if index is None:
            nearest = columns.nearest(group_by)
            raise refused("unknown_column", name=group_by, nearest=nearest, headings=columns.named())
        return index

    def _usable_senders(self, senders: tuple[str, ...]) -> bool:
        if not senders and self.sender_index is None:
            raise refused("no_sender")
        if not self._fictional_ok and any(map(is_fictional, senders)):
            raise refused("fictional_sender")
        return bool(senders)

    def _campaign_template(self, message: str | None) -> MessageTemplate | None:
        if message is None or not message.strip():
            return None
        try:
            return compile_template(message.strip(), self._columns)
        except RowError as error:
            raise refused_by(error) from None

    def refuse_unfit_message(self) -> None:
        """Refuse a campaign's message with placeholders of another system, or of which nothing is seen.

        Raises:
            FileRefused: it is one.
        """
        message = (self._message or "").strip()
        if message and not is_seen(message):
            raise refused("invisible_text")
        if refusal := self.placeholders.refusal(message):
            raise refused_by(refusal) from None

    @staticmethod
    def _well_formed(urls: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return checked_media(urls)
        except RowError as error:
            raise refused_by(error) from None

    def _cannot_be_sent(self, media: tuple[str, ...]) -> bool:
        """Whether the campaign's media cannot be sent, which is fatal where rows have none of their own."""
        try:
            let_through(media, self._media_facts)
        except RowError as error:
            if self.media_index is None:
                raise refused_by(error) from None
            return True
        return False

    def _refuse_a_campaign_without_content(self) -> None:
        if (
            self.template
            or self.campaign_media
            or self.message_index is not None
            or self.media_index is not None
        ):
            return
        raise refused("no_content")
