(block . (identifier) @name . (block_start) (body)? @body) @block
(block . (identifier) (string_lit) @name . (block_start) (body)? @body) @block
(block . (identifier) (identifier) @name . (block_start) (body)? @body) @block
(attribute . (identifier) @name (expression) @inner) @field
