"""What do the usual attackers get?

| what they try | where |
|---|---|
| graphql-cop, batchql, crackql, clairvoyance, graphw00f | `test_tools.py` |
| deep, wide, circular documents; many aliases and directives | `test_documents.py`, `tests/api/test_limits.py` |
| JSON bombs, large and odd variables | `test_bodies.py`, `tests/api/test_protocol.py` |
| slow heads and bodies, many headers, smuggling, odd methods | `test_transport.py` |
| SQL, templates, the search's language in every argument; viewers named so | `test_injection.py` |
| forged, expired and large tokens, confused algorithms, keys brought along | `test_tokens.py`, `tests/signin/` |
| cookies that were changed, forms of other sites | `tests/signin/test_sessions.py` |
| WebSockets: no hello, many, giant and binary messages | `test_websockets.py`, `tests/signin/test_websocket.py` |
| names that lead elsewhere, split answers, other hosts and origins | `test_names.py`, `tests/api/test_uploads.py` |
| cursors that were made up, cut, or are another's | `test_cursors.py`, `tests/api/test_pages.py` |
"""
