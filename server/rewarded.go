package server

import (
	"context"
	"encoding/json"

	"lanser/selectors/fault"
	"lanser/server/api"
	"lanser/server/bundle"
	"lanser/server/reward"
)

// rewarded answers a hypothetical check with what the change is worth.
func (e *Engine) rewarded(ctx context.Context, req api.Request) (*bundle.Bundle, error) {
	c := reward.Default()
	c.Version = req.Options.Reward
	refuse := func(err error) (*bundle.Bundle, error) {
		b := req.Bundle(e.ws.Root(), e.platform)
		b.Fail(err)
		_ = b.Seal() // nothing in it can fail
		return b, fault.From(err)
	}
	if err := c.Check(); err != nil {
		return refuse(err)
	}
	if !req.Options.Hypothetical() || req.Options.Limit > 0 || req.Options.Cursor != "" {
		return refuse(fault.New(fault.Usage, "a reward is of a patch or an overlay, and of all findings: without --limit"))
	}
	plain := req
	plain.Options = req.Options.InnerQuestion(true)
	before, err := e.answer(ctx, plain)
	if err != nil {
		return before, err
	}
	if req.Options.Rename != "" {
		if c.Unsafe, err = e.unrenamable(ctx, req.Options.Rename); err != nil {
			return refuse(err)
		}
	}
	after, err := e.answer(ctx, req)
	r, rewardErr := reward.Between(before, after, c)
	if rewardErr != nil {
		return refuse(rewardErr)
	}
	r.After = ""
	after.ProcessReward = r
	if sealErr := after.Seal(); sealErr != nil {
		return refuse(sealErr)
	}
	return after, err
}

// unrenamable is why the symbol that a selector names cannot be renamed; "" where it can.
func (e *Engine) unrenamable(ctx context.Context, selector string) (why string, err error) {
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
