"""What do others notice of somebody who attacks?"""
