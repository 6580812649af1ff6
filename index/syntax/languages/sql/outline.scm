(create_table (object_reference name: (identifier) @name) (column_definitions)? @body) @table
(column_definition name: (identifier) @name) @column
(create_view (object_reference name: (identifier) @name)) @view
(create_materialized_view (object_reference name: (identifier) @name)) @view
(create_function (object_reference name: (identifier) @name)) @function
(create_index column: (identifier) @name) @index
(create_type (object_reference name: (identifier) @name)) @type
