"""How fast is it, beside what?"""
