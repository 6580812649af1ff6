; Declarators are read in c.go.
;; only c cpp
(preproc_def name: (identifier) @name) @macro
(preproc_function_def name: (identifier) @name) @function_macro
(struct_specifier name: (_) @name) @struct
(union_specifier name: (_) @name) @union
(enum_specifier name: (_) @name) @enum
(enumerator name: (identifier) @name) @enumerator
(type_definition type: (_) @inner declarator: (_) @name) @typedef
(field_declaration type: (_)? @inner declarator: (_) @name) @member
(function_definition declarator: (_) @name) @definition
(declaration type: (_)? @inner declarator: (_) @name) @declaration

;; only cpp
(function_definition declarator: (_) @name [(default_method_clause) (delete_method_clause)]) @declaration
(class_specifier name: (_) @name) @class
(namespace_definition name: (_) @name) @namespace
(alias_declaration name: (_) @name) @type
(using_declaration (qualified_identifier) @name) @using
(concept_definition name: (_) @name) @concept
