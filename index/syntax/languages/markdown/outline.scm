(section (atx_heading heading_content: (_) @name)) @heading @inner
(section (setext_heading heading_content: (_) @name)) @heading @inner
