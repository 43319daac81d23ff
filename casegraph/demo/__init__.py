"""What would a town send us in a year?"""
