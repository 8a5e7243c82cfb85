"""The verbs of the API: the root fields of queries, mutations and subscriptions."""
