"""Which facts and rules does an instance carry as data, and how are they made from their sources?"""
