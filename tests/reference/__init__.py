"""What should the API answer? Plain Python over plain dicts, written without regard to how it is answered."""
