"""The demonstration: consultations with sample data, and people to sign in as, so that a stranger sees everything at
work."""
