; Everything that the language's own outline lists. Names of what has none, and
; which function expressions count, are decided in typescript.go.
(function_declaration name: (_)? @name body: (_) @body) @def
(generator_function_declaration name: (_)? @name body: (_) @body) @def
(function_signature name: (_)? @name) @def
(function_expression body: (_) @body) @callback
(generator_function body: (_) @body) @callback
(arrow_function body: (_) @body) @callback
(class_declaration name: (_)? @name body: (_) @body) @class
(abstract_class_declaration name: (_)? @name body: (_) @body) @class
(class name: (_)? @name body: (_) @body) @classexpr
(interface_declaration name: (_) @name body: (_) @body) @interface
(enum_declaration name: (_) @name body: (_) @body) @enum
(enum_body name: (_) @name @const)
(enum_assignment name: (_) @name) @const
(type_alias_declaration name: (_) @name value: (_)? @inner) @type
; members of types that are written out in another type, which servers do not list (typescript.go)
(object_type (property_signature name: (_) @name type: (_)? @inner) @typefield)
(object_type (method_signature name: (_) @name) @typemethod)
(internal_module name: (_) @name body: (_)? @body) @module
(module name: (_) @name body: (_)? @body) @module
(ambient_declaration "global" @name (statement_block) @body) @module
; global { … } in a declared module, which is read as "global;" and a block (language.json, unread)
(statement_block (expression_statement (identifier) @name) @module . (statement_block) @body (#eq? @name "global"))
(variable_declarator name: (_) @pattern value: (_)? @inner) @var
; using a = b, which is read as an assignment
((expression_statement (assignment_expression left: (identifier) @pattern right: (_) @inner) @var) @_using
  (#match? @_using "^using[ \\t]"))
((expression_statement (await_expression
  (assignment_expression left: (identifier) @pattern right: (_) @inner) @var)) @_using
  (#match? @_using "^await[ \\t]+using[ \\t]"))
(for_in_statement kind: _ left: (_) @pattern) @var
(catch_clause parameter: (_) @pattern) @var
(method_definition name: (_) @name body: (_) @body) @method
(class_body (method_signature name: (_) @name) @method)
(abstract_method_signature name: (_) @name) @method
(public_field_definition name: (_) @name value: (_) @inner) @field
(public_field_definition name: (_) @name type: (_)? @inner !value) @field
(class_body (index_signature) @index)
(interface_body (property_signature name: (_) @name type: (_)? @inner) @field)
(interface_body (method_signature name: (_) @name) @method)
(interface_body (call_signature) @call)
(interface_body (construct_signature) @construct)
(interface_body (index_signature) @index)
; types that documentation comments of JavaScript declare (jsdoc.go)
((comment) @jsdoc (#match? @jsdoc "@(?:typedef|callback)"))
; this.x = value, which declares a field in JavaScript (scriptfields.go)
(assignment_expression left: (member_expression object: (this) property: (property_identifier) @name)
  right: (_) @inner) @thisfield
(pair key: (_) @name value: (_) @inner) @field
(object (shorthand_property_identifier) @name @field)
(assignment_expression left: (object_pattern (shorthand_property_identifier_pattern) @name @field))
(new_expression type_arguments: (type_arguments (object_type (property_signature name: (_) @name) @field)))
(call_expression type_arguments: (type_arguments (object_type (property_signature name: (_) @name) @field)))
(as_expression (object_type (property_signature name: (_) @name) @field))
(required_parameter (accessibility_modifier) pattern: (_) @name) @paramfield
(required_parameter "readonly" pattern: (_) @name) @paramfield
(optional_parameter (accessibility_modifier) pattern: (_) @name) @paramfield
(optional_parameter "readonly" pattern: (_) @name) @paramfield
(import_clause (identifier) @name @import)
(namespace_import (identifier) @name) @import
(import_specifier name: (_) @name !alias) @import
(import_specifier alias: (_) @name) @import
(import_require_clause (identifier) @name) @import
(export_specifier name: (_) @name !alias) @import
(export_specifier alias: (_) @name) @import
(namespace_export (_) @name) @import
(export_statement "=" (_) @name) @exportassign
(export_statement "default" value: (_) @inner) @exportdefault
