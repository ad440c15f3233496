"""`make packages`: what lies in deploy/, and the image and the bill of a release, tried as far as this machine lets it.

- `trying`: commands, and the two ways in which a try ends badly: wrong, or not possible here.
- `tools`, `containers`: what is fetched, and podman.
- `chart`, `units`, `bill`, `overlays`, `image`, `stack`, `host`: a try each, a function `try_…`.

Begin with: `__main__`.
"""
