"""The Python face: `attncli.compute`, `check` and `explain`, which the commands call as well."""
