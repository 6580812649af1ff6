package server

import (
	"lanser/index/beneath"
	"lanser/selectors/fault"
	"lanser/server/trace"
)

// blamePipe adds a named pipe of the workspace to the error that time was up: a server that opens one, as any file that
// it lists, waits for whoever writes to it. Other errors are returned as they are.
func (e *Engine) blamePipe(err error) error {
	if !fault.Is(err, fault.Timeout) || !e.cfg.replays.Has(trace.NamedPipes) {
		return err
	}
	pipe, askErr := e.log.Ask("a named pipe", func() ([]byte, error) {
		return []byte(beneath.NamedPipe(e.ws.Root())), nil
	})
	if askErr != nil || len(pipe) == 0 {
		return err
	}
	f := *fault.From(err)
	return f.WithHint("%s is a named pipe, for whose writer a server may wait: remove it", pipe)
}
