"""How do tests reach a real Elasticsearch without Docker?"""
