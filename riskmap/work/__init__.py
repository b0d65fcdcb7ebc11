"""Working the list: what officials and monitors do with flagged facilities, and the rules of it.

Every function takes the store and the identity that signed in, looks up its role in the store in the same transaction,
and refuses what `access.ACTIONS` does not allow. A page that hides a button protects nothing.
"""
