(function_statement name: (_) @name (function_body)? @body) @def
(variable_declaration name: (variable_declarator) @name value: (function) @inner) @def
(program (variable_declaration (local) name: (variable_declarator (identifier) @name) value: [(tableconstructor) (number) (string) (identifier)]) @var)
