"""How does casegraph fare on the files by which libraries of mail, PDF, sheets and Word test themselves?"""
