"""Who speaks: voiceprints, those of people who enrolled and those of one session's speakers."""
