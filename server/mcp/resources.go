package mcp

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"lanser/selectors"
	"lanser/selectors/visible"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/report"
)

// The URIs of the resources.
const (
	doctorURI      = "lanser://doctor"
	bundleURI      = "lanser://bundle/"
	outlineURI     = "lanser://outline/"
	diagnosticsURI = "lanser://diagnostics"
)

// addResources adds the resources with a fixed URI (doctor, the diagnostics of the workspace, and the pages of the
// help) and the templates of those that a URI selects: the outline and the diagnostics of a path, and a recent
// bundle.
func (in *instance) addResources() {
	plain := func(uri, name, what string, read func(ctx context.Context, s *mcp.ServerSession) (string, error)) {
		in.mcp.AddResource(&mcp.Resource{URI: uri, Name: name, Description: what, MIMEType: "text/plain"},
			func(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
				text, err := read(ctx, req.Session)
				if err != nil {
					return nil, visibleError(err)
				}
				return content(req.Params.URI, "text/plain", text), nil
			})
	}
	plain(
		doctorURI,
		"doctor",
		"which language servers answer here, and what is missing",
		func(ctx context.Context, s *mcp.ServerSession) (string, error) {
			door, err := in.open(ctx, s)
			if err != nil {
				return "", err
			}
			return in.Doctor(ctx, door.Root()), nil
		},
	)
	plain(
		diagnosticsURI,
		"diagnostics",
		"errors and warnings of the whole workspace; can be subscribed to",
		func(ctx context.Context, s *mcp.ServerSession) (string, error) {
			return in.ask(ctx, s, api.Request{Op: api.Diagnostics})
		},
	)
	for name, p := range in.Pages {
		in.mcp.AddResource(&mcp.Resource{URI: p.URI, Name: name, Description: p.Summary, MIMEType: p.Type},
			func(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
				return content(req.Params.URI, p.Type, p.Text), nil
			})
	}
	template := func(uri, name, what, kind string, read mcp.ResourceHandler) {
		in.mcp.AddResourceTemplate(
			&mcp.ResourceTemplate{URITemplate: uri, Name: name, Description: what, MIMEType: kind},
			read,
		)
	}
	template(
		outlineURI+"{+path}",
		"outline",
		"what a file declares, with selectors",
		"text/plain",
		in.readPath(outlineURI, "symbols"),
	)
	template(
		diagnosticsURI+"/{+path}",
		"diagnostics of a file",
		"errors and warnings of a file or folder; can be subscribed to",
		"text/plain",
		in.readPath(diagnosticsURI+"/", "diagnostics"),
	)
	template(
		bundleURI+"{id}",
		"bundle",
		"a recent answer of this session by its bundleId, whole, as JSON",
		"application/json",
		in.readBundle,
	)
}

// content returns a resource of one text.
func content(uri, kind, text string) *mcp.ReadResourceResult {
	return &mcp.ReadResourceResult{Contents: []*mcp.ResourceContents{{URI: uri, MIMEType: kind, Text: text}}}
}

// ask returns the compact text of an answer, within the budget. An error of the answer is text too; the error that is
// returned says that there is no answer.
func (in *instance) ask(ctx context.Context, s *mcp.ServerSession, req api.Request) (string, error) {
	door, err := in.open(ctx, s)
	if err != nil {
		return "", err
	}
	b, err := door.Do(ctx, req)
	if b == nil {
		return "", err
	}
	in.bundles.add(b)
	lines, done := report.Files(door.Root())
	defer done()
	return report.Compact(b.Reproducible(), report.Layout{Max: in.Budget * bundle.BytesPerToken, Lines: lines}), nil
}

// readPath answers an operation about the path at the end of a URI.
func (in *instance) readPath(prefix, op string) mcp.ResourceHandler {
	return func(ctx context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
		p, err := url.PathUnescape(strings.TrimPrefix(req.Params.URI, prefix))
		if err != nil || p == "" {
			return nil, mcp.ResourceNotFoundError(req.Params.URI)
		}
		text, err := in.ask(ctx, req.Session, api.Request{Op: op, Paths: []string{p}})
		if err != nil {
			return nil, visibleError(err)
		}
		return content(req.Params.URI, "text/plain", text), nil
	}
}

// readBundle returns the JSON of the recent bundle whose bundleId is at the end of the URI.
func (in *instance) readBundle(_ context.Context, req *mcp.ReadResourceRequest) (*mcp.ReadResourceResult, error) {
	id, err := url.PathUnescape(strings.TrimPrefix(req.Params.URI, bundleURI))
	b := in.bundles.get(id)
	if err != nil || b == nil {
		return nil, mcp.ResourceNotFoundError(req.Params.URI)
	}
	return content(req.Params.URI, "application/json", asJSON(b.Reproducible())), nil
}

// visibleError wraps an error so that its message has no invisible characters.
func visibleError(err error) error { return visibleErr{error: err} }

// visibleErr is an error whose message may quote text of the workspace, which a client shows to people.
type visibleErr struct{ error }

func (e visibleErr) Error() string { return visible.Text(e.error.Error()) }
func (e visibleErr) Unwrap() error { return e.error }

// keptBundles is the number of recent bundles that can be read by id, and maxKeptEntries the largest number
// of entries of such a bundle. A text result cuts lists and leaves details out; the bundle has all, and a client can
// read it without asking the question again. The bounds keep the memory of a long conversation small.
const (
	keptBundles    = 64
	maxKeptEntries = 5000
)

// recentBundles holds the last bundles by id.
type recentBundles struct {
	mu    sync.Mutex // guards what follows
	byID  map[string]*bundle.Bundle
	order []string // the ids in byID, the oldest first
}

// add keeps a bundle, in place of the oldest one if there are too many.
func (r *recentBundles) add(b *bundle.Bundle) {
	if b.Facts.Len() > maxKeptEntries {
		return // the client can repeat the request
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byID[b.BundleID] == nil {
		r.order = append(r.order, b.BundleID)
	}
	r.byID[b.BundleID] = b
	if len(r.order) > keptBundles {
		delete(r.byID, r.order[0])
		r.order = r.order[1:]
	}
}

// get returns the bundle with a bundleId, nil if it is not kept any more.
func (r *recentBundles) get(id string) *bundle.Bundle {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.byID[id]
}

// watch is a watch of the workspace, which serves all subscriptions.
type watch struct {
	stop  context.CancelFunc
	begun chan struct{} // closed when changes are reported from here on
	ended chan struct{} // closed when it has ended, for the reason err
	err   error
}

// beginWatch begins to watch the workspace of a door. The caller holds in.mu, and nothing is watched.
func (in *instance) beginWatch(door api.Door) {
	watching, stop := context.WithCancel(context.Background()) // it outlives the request; endWatch ends it
	w := &watch{stop: stop, begun: make(chan struct{}), ended: make(chan struct{})}
	in.watch = w
	hasBegun := false
	go func() {
		w.err = door.Changes(watching, func(paths []string) {
			switch {
			case !hasBegun:
				hasBegun = true
				close(w.begun)
			case len(paths) == 0: // a reconnected door begins again: what has changed meanwhile is unknown
				in.notify(watching, func(string) bool { return true })
			default:
				in.changed(watching, paths)
			}
		})
		close(w.ended)
	}()
}

// endWatch ends the watch, if there is one. The caller holds in.mu.
func (in *instance) endWatch() {
	if in.watch != nil {
		in.watch.stop()
		in.watch = nil
	}
}

// subscribe starts notifying the client of changes to a resource. Only resources that depend on files of the
// workspace change. It returns once the watch has begun, so that the client hears of every change after the answer. If
// it cannot begin, the subscription does not count.
func (in *instance) subscribe(ctx context.Context, req *mcp.SubscribeRequest) error {
	door, err := in.open(ctx, req.Session)
	if err != nil {
		return err
	}
	in.mu.Lock()
	in.watched[req.Params.URI]++
	if in.watch == nil {
		in.beginWatch(door)
	}
	w := in.watch
	in.mu.Unlock()
	select {
	case <-w.begun:
		return nil
	case <-w.ended:
		err = w.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.forget(req.Params.URI)
	if in.watch == w {
		in.endWatch()
	}
	return err
}

// unsubscribe ends one subscription to a resource, and the watch with the last one.
func (in *instance) unsubscribe(_ context.Context, req *mcp.UnsubscribeRequest) error {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.forget(req.Params.URI)
	return nil
}

// forget ends one subscription to a resource. The caller holds in.mu.
func (in *instance) forget(uri string) {
	if in.watched[uri]--; in.watched[uri] <= 0 {
		delete(in.watched, uri)
	}
	if len(in.watched) == 0 {
		in.endWatch()
	}
}

// changed notifies the client of the resources that may have changed with the given files. Diagnostics may
// change in files that have not changed themselves, so that those of every path are notified of every change. An
// outline changes with its own file alone.
func (in *instance) changed(ctx context.Context, paths []string) {
	in.notify(ctx, func(uri string) bool {
		of, isOutline := strings.CutPrefix(uri, outlineURI)
		return strings.HasPrefix(uri, diagnosticsURI) || isOutline &&
			slices.ContainsFunc(paths, func(p string) bool { return selectors.EscapePath(p) == of || p == of })
	})
}

// notify notifies the client of the resources that it has subscribed to and that may have changed.
func (in *instance) notify(ctx context.Context, hasChanged func(uri string) bool) {
	in.mu.Lock()
	var uris []string
	for uri := range in.watched {
		if hasChanged(uri) {
			uris = append(uris, uri)
		}
	}
	in.mu.Unlock()
	slices.Sort(uris)
	for _, uri := range uris {
		_ = in.mcp.ResourceUpdated(
			ctx,
			&mcp.ResourceUpdatedNotificationParams{URI: uri},
		)
	}
}
