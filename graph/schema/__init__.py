"""The nouns of the API: types, inputs, scalars, connections. `schema.graphql` is exported from them."""
