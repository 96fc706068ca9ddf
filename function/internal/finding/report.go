package finding

import "github.com/rolewatch/rolewatch/function/internal/check"

// tell tells that a finding was opened or has changed, and in what.
func (c *comparison) tell(kind TransitionKind, s Stored, d *check.Diagnostic, changed ...string) {
	if c.suppressed(kind, s, "") {
		return
	}
	f := c.render(s, d)
	f.WhatChanged = changed
	c.told = append(c.told, Transition{Kind: kind, Finding: f})
}
