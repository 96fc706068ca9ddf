package trust

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// invalid reports a trust policy that violates the grammar, in addition to any other check: what is in force is judged
// regardless.
func invalid(p *check.Pass) {
	trust, ok := p.Role.Trust.Get()
	if gap, unknown := unreadTrust(p.Role); unknown {
		p.Undecided("", gap)
	}
	if !ok {
		return
	}
	var fault *policy.ParseError
	if !errors.As(trust.Fault, &fault) {
		return
	}
	d := check.Diagnostic{
		Functions: p.Role.Users.List,
		Title:     "The trust policy of " + p.Role.Ref.Name + " violates the policy grammar",
		Detail:    fmt.Sprintf("The trust policy has %d violations. IAM would reject it today.", len(fault.Violations)),
		Fix:       check.Fix{Summary: "Fix the " + words.Either(len(fault.Violations), "violation", "violations") + ", and update the trust policy."},
	}
	if len(fault.Violations) == 1 {
		d.Detail = "The trust policy has one violation. IAM would reject it today."
	}
	for _, v := range fault.Violations {
		e := check.Evidence{Policy: role.PartTrust.String(), Statement: -1, Text: lineOf(trust.Text.Or(""), v.Line), Why: fmt.Sprintf("line %d, column %d: %s", v.Line, v.Column, v.Message)}
		if i, sid, ok := statementAt(trust.Document, v.Offset); ok {
			e.Statement, e.Sid, e.Text = i, sid, trust.Document.Text(trust.Document.Statements[i].Span)
		}
		d.Evidence = append(d.Evidence, e)
	}
	p.Report(d)
}

func statementAt(doc *policy.Document, offset int) (index int, sid string, ok bool) {
	if doc == nil {
		return 0, "", false
	}
	for i, s := range doc.Statements {
		if s.Span.Start <= offset && offset < s.Span.End {
			return i, s.Sid, true
		}
	}
	return 0, "", false
}

// lineOf is one line of a text, counted from 1.
func lineOf(text string, line int) string {
	lines := strings.Split(text, "\n")
	return lines[min(line, len(lines))-1]
}
