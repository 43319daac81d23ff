"""What does the software promise?"""
