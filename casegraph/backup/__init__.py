"""How is all that is kept copied, and brought back without those who were erased since?"""
