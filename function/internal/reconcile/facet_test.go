package reconcile_test

import (
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// statement is what a function's policy has.
const statement = `{"Effect":"Allow","Principal":"*","Action":"lambda:InvokeFunction"}`

// other is another statement, and spelled is the statement in another form.
const (
	other   = `{"Effect":"Allow","Principal":"444455556666","Action":"lambda:InvokeFunction"}`
	spelled = `{"Principal": "*", "Action": ["lambda:InvokeFunction"], "Effect": "Allow"}`
)

// whole is a policy of these statements.
func whole(statements ...string) string {
	return `{"Version": "2012-10-17", "Statement": [` + strings.Join(statements, ", ") + `]}`
}

// TestBlameOfAFunction plays one record of a function, and expects how sure the finding of that function names it: a check that reads
// the policy and the URL reports a statement.
func TestBlameOfAFunction(t *testing.T) {
	tests := map[string]struct {
		event, function, statement string
		// put is the policy that the record put.
		put string
		// before is whether the statement was there before, first whether the role was observed for the first time, and role whether
		// the role has changed, too. catalogue is the one that judged before.
		before, first, role bool
		catalogue           string
		want                finding.Certainty
	}{
		"the statement itself":                          {event: "AddPermission", statement: statement, want: finding.Certain},
		"the statement, spelled otherwise":              {event: "AddPermission", statement: spelled, want: finding.Certain},
		"the statement, which a sweep saw":              {event: "AddPermission", statement: statement, before: true, want: finding.Certain},
		"the statement, at first":                       {event: "AddPermission", statement: statement, first: true, want: finding.Certain},
		"another statement":                             {event: "AddPermission", statement: other},
		"another function's statement":                  {event: "AddPermission", statement: statement, function: "other"},
		"a function whose name begins so":               {event: "AddPermission", statement: statement, function: "check"},
		"a URL":                                         {event: "CreateFunctionUrlConfig", want: finding.Certain},
		"a URL, and the role has changed":               {event: "CreateFunctionUrlConfig", role: true, want: finding.Likely},
		"a URL, at first":                               {event: "CreateFunctionUrlConfig", first: true, want: finding.Likely},
		"a URL of what was there before":                {event: "CreateFunctionUrlConfig", before: true},
		"a URL, under another catalogue":                {event: "CreateFunctionUrlConfig", catalogue: "former"},
		"a policy with the statement":                   {event: "PutResourcePolicy", put: whole(other, statement), want: finding.Certain},
		"a policy with it, spelled otherwise":           {event: "PutResourcePolicy", put: whole(spelled), want: finding.Certain},
		"a policy with it, and the role has changed":    {event: "PutResourcePolicy", put: whole(statement), role: true, want: finding.Likely},
		"a policy with it, at first":                    {event: "PutResourcePolicy", put: whole(statement), first: true, want: finding.Likely},
		"a policy with it, which was there before":      {event: "PutResourcePolicy", put: whole(statement), before: true, want: finding.Likely},
		"a policy with it, under another catalogue":     {event: "PutResourcePolicy", put: whole(statement), catalogue: "former", want: finding.Likely},
		"a policy without it":                           {event: "PutResourcePolicy", put: whole(other)},
		"a policy without it, at first":                 {event: "PutResourcePolicy", put: whole(other), first: true},
		"a policy with it, of another function":         {event: "PutResourcePolicy", put: whole(statement), function: "other"},
		"a policy that the record does not show":        {event: "PutResourcePolicy", want: finding.Certain},
		"a policy that the record does not show, first": {event: "PutResourcePolicy", first: true, want: finding.Likely},
		"an alias that points to it":                    {event: "UpdateAlias", want: finding.Certain},
		"an alias that points to it, at first":          {event: "UpdateAlias", first: true, want: finding.Likely},
		"an alias, and the role has changed":            {event: "CreateAlias", role: true, want: finding.Likely},
		"an alias, of what was there before":            {event: "UpdateAlias", before: true},
		"an alias of another function":                  {event: "UpdateAlias", function: "other"},
		"what the check does not read":                  {event: "UpdateFunctionConfiguration"},
		"a mapping, which it does not either":           {event: "CreateEventSourceMapping"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			open := tt.before
			public := &check.Check{
				ID: "RW407", Slug: "public", Severity: check.High, Reads: []check.Fact{check.ResourcePolicies, check.FunctionURLs}, PerFunction: true,
				Run: func(p *check.Pass) {
					if part := role.FunctionPart(functionARN("checkout")); open {
						p.Report(check.Diagnostic{Parts: []role.Part{part}, Evidence: []check.Evidence{{Policy: part.String() + ":live", Text: statement}}})
					}
				},
			}
			settings := func(catalogue string) *reconcile.Settings {
				return reconcile.NewSettings(inforce.New([]*check.Check{public}, inforce.Rules{}), catalogue, check.Parameters{}, settle)
			}
			l.users, l.settings = []string{"checkout"}, settings("test")
			if !tt.first {
				before := settings("test")
				if tt.catalogue != "" {
					before = settings(tt.catalogue)
				}
				l.apply(reconcile.Decide(l.input(), before))
			}
			l.now = l.now.Add(time.Hour)
			if open = true; tt.role {
				l.inline["more"] = "harmless"
			}
			if tt.function == "" {
				tt.function = "checkout"
			}
			l.record("lambda", tt.event, tt.function, "")
			if c := &l.changes[0]; tt.statement != "" {
				c.Statement = finding.Saying(tt.statement)
			}
			if tt.put != "" {
				l.changes[0] = reconcile.NewChange(&events.Change{
					ID: l.changes[0].EventID, Time: l.changes[0].Time, Function: events.FunctionRef{ARN: functionARN(tt.function)},
					Event:  events.Event{Source: "lambda.amazonaws.com", Name: tt.event, Subject: events.SubjectFunction},
					Config: events.FunctionConfig{Beside: events.Beside{Policy: &tt.put}},
				})
			}
			d := reconcile.Decide(l.input(), l.settings)
			if len(d.Next.Findings) != 1 {
				t.Fatalf("%d findings", len(d.Next.Findings))
			}
			var got finding.Certainty
			if c := d.Next.Findings[0].Cause; c != nil {
				got = c.Certainty
			}
			if got != tt.want {
				t.Errorf("it is blamed %q, want %q", got, tt.want)
			}
		})
	}
}
