"""What is known of a person, held twice: masked in clear, and sealed under a key that can be destroyed.

One seam: nothing else imports `cryptography`. AES-256-GCM (NIST SP 800-38D) under a data key per subject, which the
master key wraps; equality by HMAC-SHA256 under a key derived from the master key (a plain digest of a phone number
is found by trying all). Opaque cursors are sealed here as well.
"""
