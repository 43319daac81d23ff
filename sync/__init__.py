"""How do partners follow and feed us?"""
