"""From bytes to records: what a file is, its encoding, its separator. Nothing is dropped and no defect passed over.

- `file_source`: what the bytes are, unpacked, and no more of them than allowed. `pasted_list`: what was pasted.
- `decoding`: the encoding found out by the letters that come of it, every line end kept. `decoding_error`: what cannot
  be decoded, or by a person only. `zip_defects`: what the reader of archives raises.
- `csv_reader`: CSV in its dialects, each record with the file's own line number. `plain_lines`: many at once, where
  nothing is quoted.

May import: the roster's words (`rejections`, `readings`, `size_limits`, `formula_guard`), `_heading_row`, and below;
never `excel/`.
Begin with: `file_source.open_source`.
"""
