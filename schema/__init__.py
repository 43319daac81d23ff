"""What does the API look like?"""
