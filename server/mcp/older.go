package mcp

//lint:file-ignore SA1019 clients of the revisions before 2026-07-28 have roots and logs

import (
	"context"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/index/beneath"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

// addOlderFeatures offers the features that only earlier revisions of the protocol have.
func (in *instance) addOlderFeatures(o *mcp.ServerOptions) {
	o.Capabilities.Logging = &mcp.LoggingCapabilities{}
	o.RootsListChangedHandler = func(ctx context.Context, req *mcp.RootsListChangedRequest) {
		in.reopen(ctx, req.Session)
	}
}

// rootsTime bounds how long a client may take to list its roots.
const rootsTime = 5 * time.Second

// root returns the workspace of a session: "" if one of the client's roots contains the folder that the
// process was started in, or if there are no roots; otherwise the first root. Clients often start the process in a
// folder of the project and name a root further above, which may hold much else: then the folder decides. A client that
// does not answer in time is taken for one without roots.
func (in *instance) root(ctx context.Context, s *mcp.ServerSession) string {
	if in.Fixed || s == nil {
		return ""
	}
	p := s.InitializeParams()
	if p == nil || p.Capabilities == nil || p.Capabilities.RootsV2 == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, rootsTime)
	defer cancel()
	list, err := s.ListRoots(ctx, nil)
	if err != nil || len(list.Roots) == 0 {
		return ""
	}
	cwd, _ := os.Getwd()
	first := ""
	for _, r := range list.Roots {
		u, err := url.Parse(r.URI)
		if err != nil || u.Scheme != "file" || !filepath.IsAbs(u.Path) {
			continue
		}
		if _, inside := beneath.Local(u.Path, cwd); inside {
			return "" // the process was started in this root
		}
		if first == "" {
			first = u.Path
		}
	}
	return first
}

// log sends a log message about an answer to the client: a warning for an error that may pass when the call is
// repeated, an information for any other, and a debug message for an answer.
func (in *instance) log(s *mcp.ServerSession, op *api.Operation, b *bundle.Bundle, took time.Duration) {
	logger := slog.New(mcp.NewLoggingHandler(s, &mcp.LoggingHandlerOptions{LoggerName: "lanser"}))
	what := []any{"operation", op.Name, "state", b.Evidence.State, "milliseconds", took.Milliseconds()}
	switch {
	case b.Error != nil && b.Error.Retryable:
		logger.Warn(report.Line(b.Error), what...)
	case b.Error != nil:
		logger.Info(report.Line(b.Error), what...)
	default:
		logger.Debug("answered", what...)
	}
}
