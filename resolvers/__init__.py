"""How is a GraphQL field answered?"""
