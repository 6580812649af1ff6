package server

import (
	"context"
	"encoding/json"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/compare"
)

// rewarded answers a hypothetical check, with the reward of the change in it (spec section 6). The step goes from the
// check of the files on disk to that of the files with the patch or the overlay, whose bundle is the answer. Both must
// be whole lists of findings, because the reward counts them. With the option rename, the change is a step towards the
// rename of a symbol, which is safe only if the server would rename it.
func (e *Engine) rewarded(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	formula := compare.DefaultFormula()
	formula.Version = req.Options.Reward
	refuse := func(err error) (*bundle.Bundle, error) {
		b := req.Bundle(e.ws.Root(), e.platform)
		b.Fail(err)
		_ = b.Seal() // an error bundle holds nothing that could fail
		return b, fault.From(err)
	}
	if err := formula.Check(); err != nil {
		return refuse(err)
	}
	if !req.Options.Hypothetical() || req.Options.Limit > 0 || req.Options.Cursor != "" {
		return refuse(
			fault.New(fault.Usage, "a reward is of a patch or an overlay, and of all findings: without --limit"),
		)
	}
	inner := req
	inner.Options = req.Options.InnerQuestion(true)
	before, err := e.answer(ctx, inner)
	if err != nil {
		return before, err
	}
	if req.Options.Rename != "" {
		formula.Unsafe, err = e.whyUnrenamable(ctx, req.Options.Rename)
		if err != nil {
			return refuse(err)
		}
	}
	after, answerErr := e.comparer().Proposed(ctx, req)
	r, err := compare.Reward(before, after, formula)
	if err != nil {
		return refuse(err)
	}
	b, err := compare.Rewarded(after, r)
	if err != nil {
		return refuse(err)
	}
	return b, answerErr
}

// whyUnrenamable returns why the symbol that a selector names cannot be renamed, in its
// server's words; "" where it can.
func (e *Engine) whyUnrenamable(ctx context.Context, selector string) (why string, err error) {
	raw, err := json.Marshal(selector)
	if err != nil {
		return "", err
	}
	b, err := e.answer(ctx, api.Request{Op: prepareRename.Name, Selector: raw})
	if err != nil {
		return "", err
	}
	return b.Facts.Hover[0].Contents, nil
}
