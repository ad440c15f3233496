"""The North American Numbering Plan: which area codes there are, where they are, and its countries by name.

- `area_codes`: the table of all codes with its date, codes that an installation adds, and which codes there can be.
- `regions`: the countries and territories of the plan, as people write them and as sentences name them.
- `data/`: the table itself, with its source.

May import: nothing of ours; reads no file but its own table.
Begin with: `area_codes.area_codes`.
"""
