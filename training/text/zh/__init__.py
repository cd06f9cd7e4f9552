"""The Chinese text model: trained from nothing on characters, taught by linear models."""
