"""What does a letter that came as a file of its own say, and who signed it?"""
