"""Which tables did others publish that what a source sent us is read by?"""
