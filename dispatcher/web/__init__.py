"""The web door: CarrierX's callbacks, our API and the console, in one ASGI application."""
