(field (label) @name (value)? @inner) @field
