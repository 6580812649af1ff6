package lsp_test

import (
	"context"
	"maps"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.lsp.dev/protocol"

	"lanser/selectors/fault"
	"lanser/selectors/lazyregexp"
	"lanser/selectors/text"
	"lanser/server/catalogue"
	"lanser/server/lsp"
	"lanser/server/lsp/lsptest"
	"lanser/server/sandbox"
)

func TestMain(m *testing.M) {
	sandbox.Main()
	lsptest.Main()
	os.Exit(m.Run())
}

// Of goodLine, which is line [lsptest.Line] of a document, good answers are about one letter: b
// where columns are bytes, d in units of UTF-16 and e in code points.
const (
	goodLine = "a𝄞bcdefgh"
	document = "package m\n\n" + goodLine + "\n"
)

// workspace is a view of files in memory.
type workspace struct {
	root  string
	files map[string]string
}

func (w workspace) Root() string                       { return w.root }
func (w workspace) Paths() []string                    { return slices.Sorted(maps.Keys(w.files)) }
func (w workspace) FilesVersion() any                  { return nil }
func (w workspace) Memoize(_ any, work func() any) any { return work() }
func (w workspace) Disk(string) (string, bool)         { return "", false }
func (w workspace) Content(p string) (*text.Content, error) {
	raw, err := w.ReadFile(p)
	return text.New(raw), err
}

func (w workspace) ReadFile(p string) ([]byte, error) {
	if content, ok := w.files[p]; ok {
		return []byte(content), nil
	}
	return nil, os.ErrNotExist
}

// fake describes the fake server.
func fake() *catalogue.Server {
	return &catalogue.Server{
		Name: "fake", Version: "0",
		Reading: catalogue.Reading{
			LanguageIDs: map[string]string{".go": "go"}, Configs: []string{"go.mod"},
		},
		Answering: catalogue.Answering{
			Why: "the fake server has no index",
		},
	}
}

// start starts the fake server, and ends it with the test. The workspace has the file a.go,
// whose content is document.
func start(
	t *testing.T, ctx context.Context, mode lsptest.Mode, srv *catalogue.Server,
) (*lsp.Session, workspace, error) {
	t.Helper()
	argv, env, err := lsptest.Command(mode)
	if err != nil {
		t.Fatal(err)
	}
	v := workspace{root: t.TempDir(), files: map[string]string{"a.go": document}}
	s, err := lsp.Start(ctx, lsp.Config{Server: srv, Argv: argv, Env: env, Root: v.root})
	if err == nil {
		t.Cleanup(s.Close)
	}
	return s, v, err
}

// started is start for modes in which a session is made, with a.go open.
func started(t *testing.T, mode lsptest.Mode, srv *catalogue.Server) (*lsp.Session, workspace) {
	t.Helper()
	s, v, err := start(t, t.Context(), mode, srv)
	if err == nil {
		err = s.Sync(t.Context(), v, []string{"a.go"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, v
}

func references(ctx context.Context, s *lsp.Session) ([]lsp.Location, error) {
	return s.References(ctx, "a.go", text.New([]byte(document)), 0, true)
}

func hover(t *testing.T, s *lsp.Session) string {
	t.Helper()
	h, err := s.Hover(t.Context(), "a.go", text.New([]byte(document)), 0)
	if err != nil {
		t.Fatal(err)
	}
	return h.Contents
}

// letter is what the document has at the place of an answer's first location.
func letter(t *testing.T, s *lsp.Session, found []lsp.Location) string {
	t.Helper()
	if len(found) != 1 {
		t.Fatalf("%d locations, want 1", len(found))
	}
	c := text.New([]byte(document))
	span, ok := s.Span(c, found[0].Range)
	if !ok || found[0].URI != string(s.URI("a.go")) {
		t.Fatalf("%+v is no place in a.go", found[0])
	}
	return c.Slice(span)
}

func TestACrashIsReportedWithTheEndOfStandardError(t *testing.T) {
	for _, tt := range []struct {
		mode lsptest.Mode
		says string // part of the message
	}{
		{lsptest.Die, "fake ended during initialize (exit status 3): fatal: the licence has expired"},
		{lsptest.CrashAt("initialize"), "fake ended during initialize (exit status 2): panic: at initialize"},
		{lsptest.CrashAt("initialized"), "(exit status 2): panic: at initialized"},
		{lsptest.CrashAt("textDocument/didOpen"), "(exit status 2): panic: at textDocument/didOpen"},
		{
			lsptest.CrashAt("textDocument/references"),
			"fake ended during textDocument/references (exit status 2): panic: at textDocument/references",
		},
		{lsptest.DieOnQuestion, "fake ended during textDocument/references (exit status 2): panic: index out of range"},
		{lsptest.HalfAFrame, "fake ended during textDocument/references"},
		{lsptest.LengthTooShort, "it sent something that is no message of JSON-RPC"},
		{lsptest.LengthNoNumber, `it sent the length "many"`},
		{lsptest.NoJSON, "it sent something that is no message of JSON-RPC"},
		{lsptest.Huge, "it sent a message of 209715200 bytes"},
		{lsptest.ClosedOutput, "fake ended during textDocument/references"},
	} {
		t.Run(string(tt.mode), func(t *testing.T) {
			t.Parallel()
			s, v, err := start(t, t.Context(), tt.mode, fake())
			if err == nil {
				err = s.Sync(t.Context(), v, []string{"a.go"})
			}
			if err == nil {
				_, err = references(t.Context(), s)
			}
			if !fault.Is(err, fault.Crash) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want a crash with %q", err, tt.says)
			}
			if s != nil && s.Alive() {
				t.Error("the session is alive")
			}
		})
	}
}

func TestTheEndOfStandardErrorIsKept(t *testing.T) {
	t.Parallel()
	_, _, err := start(t, t.Context(), lsptest.Die, fake())
	details, _ := fault.From(err).Details.(map[string]string)
	if want := "starting\nfatal: the licence has expired"; details["stderr"] != want {
		t.Errorf("%q, want %q", details["stderr"], want)
	}
}

func TestARequestToAServerThatHangsEndsAtTheDeadline(t *testing.T) {
	for _, tt := range []struct {
		mode lsptest.Mode
		says string
	}{
		{lsptest.Hang, "fake did not finish initialize in time"},
		{lsptest.HangAtQuestion, "fake did not finish textDocument/references in time"},
		{lsptest.LengthTooLong, "fake did not finish textDocument/references in time"},
	} {
		t.Run(string(tt.mode), func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if tt.mode == lsptest.Hang {
				ctx = soon(t)
			}
			s, v, err := start(t, ctx, tt.mode, fake())
			if err == nil {
				err = s.Sync(ctx, v, []string{"a.go"})
			}
			if err == nil {
				_, err = references(soon(t), s)
			}
			if !fault.Is(err, fault.Timeout) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%v, want a time-out with %q", err, tt.says)
			}
		})
	}
}

// soon returns a context whose deadline is near, and far enough for everything that does answer, on a
// busy machine too.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestACancelledRequestIsNotATimeout(t *testing.T) {
	t.Parallel()
	s, _ := started(t, lsptest.HangAtQuestion, fake())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := references(ctx, s); !fault.Is(err, fault.Cancelled) {
		t.Errorf("%v, want %s", err, fault.Cancelled)
	}
}

func TestAnswersAreRightDespiteUnrelatedMessages(t *testing.T) {
	for _, mode := range []lsptest.Mode{
		lsptest.Good, lsptest.NoUTF8, lsptest.Flood, lsptest.StderrFlood, lsptest.UnknownID, lsptest.TwoReplies,
		lsptest.IgnoreShutdown, lsptest.Links,
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s, _ := started(t, mode, fake())
			for range 2 { // what the first question leaves in the stream must not reach the second
				found, err := references(t.Context(), s)
				if err != nil {
					t.Fatal(err)
				}
				if got := letter(t, s, found); got != "b" {
					t.Errorf("%q, want b", got)
				}
			}
		})
	}
}

// A server that does not read blocks writes to it, but no request beyond its deadline, and not the end of the
// session.
func TestAServerThatDoesNotReadDelaysNoRequest(t *testing.T) {
	t.Parallel()
	s, _ := started(t, lsptest.Deaf, fake())
	launcher, err := os.FindProcess(s.PID())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	if _, err := references(ctx, s); !fault.Is(err, fault.Timeout) && !fault.Is(err, fault.Crash) {
		t.Errorf("the question ends with %v", err)
	}
	for range 2 {
		late, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		if _, err := references(late, s); err == nil {
			t.Error("another question is answered")
		}
		cancel()
	}
	s.Close()
	if err := launcher.Signal(syscall.Signal(0)); err == nil {
		t.Error("the process is there")
	}
}

func TestAClosedSessionLeavesNoProcess(t *testing.T) {
	for _, mode := range []lsptest.Mode{
		lsptest.Good, lsptest.IgnoreShutdown, lsptest.HangAtQuestion, lsptest.Deaf,
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			s, _ := started(t, mode, fake())
			launcher, err := os.FindProcess(s.PID())
			if err != nil {
				t.Fatal(err)
			}
			s.Close()
			if err := launcher.Signal(syscall.Signal(0)); err == nil || s.Alive() {
				t.Errorf("the process is there (%v), or the session alive", err)
			}
		})
	}
}

func TestEveryFormOfLocationsIsDecoded(t *testing.T) {
	t.Parallel()
	s, _ := started(t, lsptest.Links, fake())
	found, err := s.Locations(t.Context(), protocol.MethodTextDocumentDefinition, "a.go", text.New([]byte(document)), 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := letter(t, s, found); got != "b" {
		t.Errorf("the name is %q, want b", got)
	}
	if full := found[0].Full; full == nil || full.Start.Character != 0 || full.End.Character != lsptest.End {
		t.Errorf("the whole target is %+v", full)
	}
	single, _ := started(t, lsptest.Single, fake())
	one, err := references(t.Context(), single)
	if err != nil {
		t.Fatal(err)
	}
	if got := letter(t, single, one); got != "pac" {
		t.Errorf("a location without a list: %q, want pac", got)
	}
}

func TestColumnsAreInTheNegotiatedUnit(t *testing.T) {
	for encoding, want := range map[string]string{
		"utf-8":  "b",
		"utf-16": "d",
		"utf-32": "e",
		"":       "d", // LSP 3.17: UTF-16 where the server names none
	} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			s, _ := started(t, lsptest.CountsIn(encoding), fake())
			found, err := references(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			if got := letter(t, s, found); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestAPositionEncodingThatWasNotOfferedIsRefused(t *testing.T) {
	t.Parallel()
	_, _, err := start(t, t.Context(), lsptest.CountsIn("utf-7"), fake())
	if !fault.Is(err, fault.Indexing) || !strings.Contains(err.Error(), `"utf-7"`) {
		t.Errorf("%v, want %s", err, fault.Indexing)
	}
}

func TestACapabilityThatIsRegisteredLaterCounts(t *testing.T) {
	t.Parallel()
	srv := fake()
	srv.Ready.Log = lazyregexp.New("^" + lsptest.Ready + "$")
	s, v := started(t, lsptest.Registers, srv)
	ready, err := s.Await(t.Context(), v)
	if err != nil || !ready.Complete {
		t.Fatalf("%+v, %v", ready, err)
	}
	if !s.Can("diagnosticProvider") || s.Can("implementationProvider") {
		t.Error("what the server has registered is not what it offers")
	}
	hover(t, s) // it unregisters before it answers
	if s.Can("diagnosticProvider") {
		t.Error("what the server has unregistered is still offered")
	}
}

func TestAServersEditIsRefused(t *testing.T) {
	t.Parallel()
	s, _ := started(t, lsptest.Edit, fake())
	found, err := references(t.Context(), s) // it answers only after a refusal
	if err != nil || len(found) != 1 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestAnErrorResponseIsATypedError(t *testing.T) {
	t.Parallel()
	s, _ := started(t, lsptest.Single, fake())
	const method = protocol.MethodTextDocumentDefinition
	_, err := s.Locations(t.Context(), method, "a.go", text.New([]byte(document)), 0)
	if !fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "not supported here") {
		t.Errorf("%v, want %s", err, fault.Unsupported)
	}
}

func TestDiagnosticsOfAnotherVersionAreIgnored(t *testing.T) {
	t.Parallel()
	srv := fake()
	srv.Check = catalogue.CheckPush
	s, v := started(t, lsptest.Pushes, srv)
	for _, content := range []string{document, document + "// changed\n"} {
		v.files["a.go"] = content
		if err := s.Sync(t.Context(), v, []string{"a.go"}); err != nil {
			t.Fatal(err)
		}
		reports, err := s.Diagnostics(t.Context(), v, []string{"a.go"}, func(int) {})
		if err != nil || len(reports) != 1 || reports[0].Err != nil || len(reports[0].Items) != 1 {
			t.Fatalf("%+v, %v", reports, err)
		}
		if got := reports[0].Items[0]; got.Message != lsptest.Finding || got.Severity != 1 || got.Source != "fake" {
			t.Errorf("%+v", got)
		}
	}
}

// A server that gives up on a document does not hold up the check: the file has not been checked. Neither has it if the
// server publishes it without the findings of a linter that has failed. Other versions of it are checked.
func TestAServerThatGivesUpOnAFileHasNotCheckedIt(t *testing.T) {
	t.Parallel()
	srv := fake()
	srv.Check = catalogue.CheckPush
	srv.GivesUp = lazyregexp.New("(" + lsptest.GaveUp + `)(\S+)`)
	srv.FailedPush = lazyregexp.New("^" + lsptest.Failed + "(.*)")
	s, v := started(t, lsptest.GivesUp, srv)
	for _, step := range []struct {
		content   string
		isChecked bool
	}{
		{document, false},
		{document + "// changed\n", true},
		{document + "// " + lsptest.Failed + "\n", false},
		{document + "// changed again\n", true},
	} {
		v.files["a.go"] = step.content
		if err := s.Sync(t.Context(), v, []string{"a.go"}); err != nil {
			t.Fatal(err)
		}
		reports, err := s.Diagnostics(t.Context(), v, []string{"a.go"}, func(int) {})
		if err != nil || len(reports) != 1 {
			t.Fatalf("%+v, %v", reports, err)
		}
		r := reports[0]
		if fault.Is(r.Err, fault.Incomplete) == step.isChecked || (len(r.Items) > 0) != step.isChecked {
			t.Errorf("%q: %+v", step.content, r)
		}
	}
}

func TestAnInterruptedCheckKeepsItsFindings(t *testing.T) {
	t.Parallel()
	s, v := started(t, lsptest.DieHalfWay, fake())
	var done []int
	paths := []string{"a.go", "b.go", "c.go", "d.go"}
	for _, p := range paths {
		v.files[p] = document
	}
	reports, err := s.Diagnostics(t.Context(), v, paths, func(n int) { done = append(done, n) })
	if !fault.Is(err, fault.Crash) || len(reports) != 2 || !slices.Equal(done, []int{1, 2}) {
		t.Errorf("%d reports, progress %v, %v", len(reports), done, err)
	}
}

// Closed files are not asked about again in the same version. The server dies when it is asked about a third file.
func TestClosedFilesAreAskedAboutOnceForEachVersion(t *testing.T) {
	t.Parallel()
	s, v := started(t, lsptest.DieHalfWay, fake())
	paths := []string{"a.go", "b.go"}
	for _, p := range paths {
		v.files[p] = document
	}
	for range 3 {
		reports, err := s.ClosedDiagnostics(t.Context(), v, paths, nil, "1")
		if err != nil || len(reports) != 2 || reports[0].Path != "a.go" || reports[1].Path != "b.go" {
			t.Errorf("%+v, %v", reports, err)
		}
	}
	if reports, err := s.ClosedDiagnostics(t.Context(), v, paths, nil, "2"); !fault.Is(err, fault.Crash) {
		t.Errorf("in another version they are not asked about: %+v, %v", reports, err)
	}
}

func TestMethodsThatEditAreNeverSent(t *testing.T) {
	t.Parallel()
	s, _ := started(t, lsptest.Good, fake())
	_, err := s.Locations(t.Context(), "textDocument/rename", "a.go", text.New([]byte(document)), 0)
	if !fault.Is(err, fault.Unsupported) {
		t.Errorf("%v, want %s", err, fault.Unsupported)
	}
}
