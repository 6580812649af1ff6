package lsp

// Holds says whether a file surely belongs to a project that the server loads by itself,
// or for any other file of the project.
func (srv *Server) Holds(v View, p string) bool { return srv.holds(v, p) }
