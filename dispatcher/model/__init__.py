"""Nouns, frozen, without input or output: what every other part may speak of.

- `campaign`, `recipient`, `message`, `receipt`: a campaign with its settings, a row of its file, what one POST carries,
  what CarrierX says of it. `recipient_block`: many such rows by column.
- `state`: the states of recipients and campaigns, and the order of CarrierX's words.
- `scope`, `claim_wait`: what a limit is for, and what a claim waits for.
- `correlation`: the user_data that ties a receipt to its row. `segments`: a text as an SMS.
  `smart_encoding`, `invisible_characters`: look-alikes of GSM-7, and what nobody sees of a text.
- `reading_rules`: by which rules a campaign's file is read.
- `media`, `media_address`: what is known of a medium, and its address in one writing. `timestamps`: times as people
  read them.

May import: `errors`, `logs`, `control_characters`, `queues`; no clock, no file, no socket.
Begin with: `state`, then `campaign`.
"""
