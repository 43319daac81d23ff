"""Do the clients that front ends are built on work with the API as it is?"""
