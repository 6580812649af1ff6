(table . (_) @name) @table @inner
(table_array_element . (_) @name) @table @inner
(pair . (_) @name . (_) @inner) @field
