"""What did a source send us?"""
