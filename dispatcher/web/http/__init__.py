"""HTTP without a subject: what comes in, what goes out, and how it looks.

- `body`, `upload_form`, `reading_turns`: bodies with a ceiling; a campaign as a form; a few uploads at a time.
- `problems`, `headers`, `pages`, `formats`: errors as answers, headers, templates, and words and numbers for people.
- `cursors`, `idempotency`: pages of a list, calls done once. `downloads`, `server_sent_events`: answers in pieces.
- `background`: hints beside the answer.

May import: `site/`, `ledger/`, `roster/`, `model/`, `errors`.
Begin with: `problems`.
"""
