"""Both opinions together: calibrated late fusion."""
