(function_definition name: (word) @name) @def
(program (variable_assignment name: (variable_name) @name) @var)
(program (declaration_command (variable_assignment name: (variable_name) @name) @var))
