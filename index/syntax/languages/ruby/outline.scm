(module name: (_) @name) @module
(class name: (_) @name) @class
(singleton_class value: (_) @name) @singleton
(method name: (_) @name) @def
(singleton_method name: (_) @name) @singleton_method
(alias name: (_) @name) @alias
(call method: (identifier) @_method arguments: (argument_list (simple_symbol) @name) (#match? @_method "^attr_(reader|writer|accessor)$")) @accessor
(program (assignment left: (constant) @name) @const)
(module body: (body_statement (assignment left: (constant) @name) @const))
(class body: (body_statement (assignment left: (constant) @name) @const))
