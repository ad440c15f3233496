"""The pages, a module for each; templates under the same names. None needs JavaScript to be read.

- `pages`: the register of pages. Application, navigation and tests read it; a new page is a line there, a module of its
  own and a template.

May import: `actions/`, `http/`, `site/` and `public/`, and of `pipeline/` and `ledger/` what it shows.
Begin with: `pages`, then the module of the page that it is about.
"""
