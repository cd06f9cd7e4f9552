"""Admission: authentication, session and upload slots, rate limits, and overload control."""
