"""The pages, a module for each; templates under the same names. None needs JavaScript to be read.

- `campaigns`, `campaign_live`, `campaign_actions`: the campaigns, what moves on the page of one, its buttons.
- `new_campaign_page`, `new_campaign_form`, `form_values`: a file checked, looked at, tried, sent or kept.
- `recipients`, `recipient_timeline`: the table, and one recipient's story.
- `schedules`, `inbound`, `optouts`, `health`, `login`: the other pages.

May import: `actions/`, `http/`, `site/`, `api/` and `public/`, and of `pipeline/` and `ledger/` what it shows.
Begin with: `campaigns`.
"""
