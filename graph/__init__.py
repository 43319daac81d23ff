"""What do we know, and what may happen to it?"""
