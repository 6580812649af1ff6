; Functions, classes, and every binding of a name. What is a binding inside a
; pattern is decided in python.go.
(class_definition name: (identifier) @name body: (_) @body) @class
(function_definition name: (identifier) @name parameters: (_) body: (_) @body) @def
(parameters (_) @pattern) @param
(assignment left: (_) @pattern type: (_)? @typed) @var
(augmented_assignment left: (identifier) @pattern) @var
(named_expression name: (identifier) @pattern) @var
(for_statement left: (_) @pattern) @var
(as_pattern alias: (as_pattern_target (_) @pattern)) @var
(case_pattern (dotted_name) @pattern) @capture
(keyword_pattern (dotted_name) @pattern) @capture
(splat_pattern (identifier) @pattern) @capture
(case_pattern (as_pattern (identifier) @pattern .)) @capture
(type_alias_statement . (type) @pattern) @alias
(global_statement (identifier) @name) @global
(nonlocal_statement (identifier) @name) @nonlocal
