package main

import (
	_ "embed"
	"fmt"

	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// demoRecords are what CloudTrail would have written of a morning on which a role is broken and mended, and made
// dangerous and harmless again.
//
//go:embed demo/records.jsonl
var demoRecords []byte

func demonstration() *history.Log { return history.Text("the demonstration", demoRecords) }

const (
	opening = `A morning in an AWS account, replayed from its CloudTrail records. Lines that start with > are what somebody did;
what follows them is what rolewatch tells, at once for a danger, after a minute for a fault that may mend itself.

`
	closing = `That was the demonstration. With records of your own: rolewatch replay FILE or DIR (see rolewatch replay --help)
`
)

// caption says in a line what a record's call did, to what, and who made it.
func caption(r history.Record) string {
	c := r.Change
	subject := c.Role.Name
	if !c.Function.IsZero() {
		subject = c.Function.Name
	}
	what := c.Event.Title
	if c.Policy.ARN != "" && !c.Role.IsZero() {
		what += ", " + c.Policy.ARN
	}
	return message.Line(fmt.Sprintf("> %s  %s: %s, by %s (%s)", c.Time.Format("15:04:05"), subject, what, c.Actor.Name, c.Via)) + "\n"
}
