"""Handing a whole site over: an export that stands on its own, and its way back into an empty platform."""
