"""The rows all tests loop over: one (or more) for every op, layer, loss, metric, optimizer, initializer, ..."""
