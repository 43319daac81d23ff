"""How is text normalised and cut?"""
