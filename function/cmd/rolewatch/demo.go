package main

import (
	_ "embed"
	"fmt"
	"path"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// demoRecords are what CloudTrail records of a morning on which a trust policy is broken and fixed, and an administrator policy is
// attached and detached.
//
//go:embed demo/records.jsonl
var demoRecords []byte

func demonstration() *history.Log { return history.Text("the demonstration", demoRecords) }

const (
	opening = `A morning in an AWS account, replayed from its CloudTrail records. Lines that start with > are API calls.
The other lines are what rolewatch reports: a risk at once, a failure when it lasts for a minute.

`
	closing = `To show the evidence and all details, run: rolewatch replay --brief=false
To replay your own records, run: rolewatch replay FILE or DIR
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
		what += ", " + path.Base(c.Policy.ARN)
	}
	by := message.ActorName(finding.Actor{ARN: c.Actor.ARN, Name: c.Actor.Name})
	return message.Line(fmt.Sprintf("> %s  %s: %s, by %s (%s)", c.Time.Format("15:04:05"), subject, what, by, c.Via)) + "\n"
}
