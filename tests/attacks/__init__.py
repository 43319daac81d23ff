"""What do the usual attackers get?

| what they try | where it is tested |
|---|---|
| graphql-cop, batchql, crackql, clairvoyance, graphw00f | `test_tools.py` |
| deep, wide and circular documents; floods of aliases and directives | `test_documents.py`, `tests/api/test_limits.py` |
| JSON bombs, large and odd variables | `test_bodies.py`, `tests/api/test_protocol.py` |
| slow heads and bodies, floods of headers, smuggling, odd methods, pipelining | `test_transport.py` |
| SQL, templates and the search's language in every argument; viewers whose names are SQL | `test_injection.py` |
| forged, expired and oversized tokens, algorithm confusion, keys that a token brings | `test_tokens.py`, `tests/signin/` |
| cookies that were changed, forms of other sites | `tests/signin/test_sessions.py` |
| WebSockets without hello, floods of messages, giant and binary frames | `test_websockets.py`, `tests/signin/test_websocket.py` |
| names that lead elsewhere, split answers, other hosts and origins | `test_names.py`, `tests/api/test_uploads.py` |
| cursors that were made up, cut, or are another's | `test_cursors.py`, `tests/api/test_pages.py` |
"""
