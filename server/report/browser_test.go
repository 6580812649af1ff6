package report_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The page is opened in a browser without a network, filtered, and walked through by
// keyboard. Screenshots are the test's artifacts: go test -artifacts keeps them.
func TestThePageWorksInABrowser(t *testing.T) {
	browser := witness(t, "chromium")
	dir := t.TempDir()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(browser),
		chromedp.NoSandbox, chromedp.WSURLReadTimeout(5*time.Minute)) // on a busy machine it starts late
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var asked []string // what the page wants beside itself
	chromedp.ListenTarget(ctx, func(ev any) {
		if r, ok := ev.(*network.EventRequestWillBeSent); ok {
			asked = append(asked, r.Request.URL)
		}
	})
	shown := func(into *[]string) chromedp.Action {
		return chromedp.Evaluate(`[...document.querySelectorAll(".finding")]
			.filter(f => f.offsetParent !== null).map(f => f.querySelector(".at").textContent)`, into)
	}
	focused := func(into *string) chromedp.Action {
		const script = `document.activeElement.querySelector(".at")?.textContent ?? document.activeElement.id`
		return chromedp.Evaluate(script, into)
	}
	// slash is the key pressed as a keyboard does it: what its handler prevents is not typed.
	slash := chromedp.ActionFunc(func(ctx context.Context) error {
		if err := input.DispatchKeyEvent(input.KeyDown).WithKey("/").WithText("/").Do(ctx); err != nil {
			return err
		}
		return input.DispatchKeyEvent(input.KeyUp).WithKey("/").Do(ctx)
	})
	open := func(name string, actions ...chromedp.Action) {
		t.Helper()
		file := filepath.Join(dir, name+".html")
		if err := os.WriteFile(file, rendered(t, checks(t)[name], "html"), 0o644); err != nil {
			t.Fatal(err)
		}
		load := []chromedp.Action{
			network.Enable(), chromedp.Navigate("file://" + file), chromedp.WaitReady("footer"),
		}
		if err := chromedp.Run(ctx, append(load, actions...)...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var png []byte
		if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	var all, warnings, odd, none, cleared []string
	var typed, first, second, back, search, count string
	open(
		"findings", shown(&all),
		chromedp.KeyEvent("j"), focused(&first), chromedp.KeyEvent("j"), focused(&second),
		chromedp.KeyEvent("k"), focused(&back),
		slash, focused(&search), chromedp.KeyEvent("odd.go WARN"), shown(&none),
		chromedp.KeyEvent(kb.Escape), shown(&cleared),
		slash, chromedp.KeyEvent("ticks"), chromedp.Value("#words", &typed), shown(&odd), chromedp.KeyEvent(kb.Escape),
		chromedp.Click(`input[value="error"]`), chromedp.Click(`input[value="hint"]`),
		chromedp.Click(`input[value="information"]`), shown(&warnings),
		chromedp.Text("#count", &count),
	)
	want := []string{
		"./:odd.sh:1:1",
		"a b,c:d%/ö #1.py:1:1",
		"src/gone.go:8:3",
		"src/odd.go:3:36",
		"src/odd.go:4:2",
		"src/odd.go:5:1",
		"src/odd.go:7:10",
	}
	for what, c := range map[string]struct{ got, want []string }{
		"all":                    {all, want},
		"words that nothing has": {none, []string{}},
		"cleared":                {cleared, want},
		"a word":                 {odd, []string{"src/odd.go:5:1"}},
		"warnings":               {warnings, []string{"./:odd.sh:1:1", "src/odd.go:4:2"}},
		"walked":                 {[]string{first, second, back, search}, []string{want[0], want[1], want[0], "words"}},
		"typed":                  {[]string{typed}, []string{"ticks"}},
		"counted":                {[]string{count}, []string{"2 of 7"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q, want %q", what, c.got, c.want)
		}
	}

	var newOnly, withGone []string
	var injected int
	open("compared", shown(&newOnly), chromedp.Click(`input[value="absent"]`), shown(&withGone),
		chromedp.Evaluate(`document.querySelectorAll(".message b, pre b, .message script").length`, &injected))
	want = []string{"./:odd.sh:1:1", "src/gone.go:8:3", "src/odd.go:3:36", "src/odd.go:5:1", "src/odd.go:7:10"}
	if !slices.Equal(newOnly, want) {
		t.Errorf("new and updated: %q, want %q", newOnly, want)
	}
	if !slices.Contains(withGone, "src/old.go:2:1") || len(withGone) != len(newOnly)+1 {
		t.Errorf("with what is gone: %q", withGone)
	}
	if injected != 0 {
		t.Errorf("%d elements come from code", injected)
	}

	for name, says := range map[string]string{
		"clean":      "clean: 3 files",
		"unfinished": "not verified: the check did not finish",
		"error":      "not verified: E/LS_CRASH",
	} {
		var verdict string
		open(name, chromedp.Text("#verdict", &verdict))
		if !strings.HasPrefix(verdict, says) {
			t.Errorf("%s says %q", name, verdict)
		}
	}
	for _, u := range asked {
		if !strings.HasPrefix(u, "file://"+dir) {
			t.Errorf("the page asks for %s", u)
		}
	}
}
