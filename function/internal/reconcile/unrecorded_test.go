package reconcile_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// swept are the parts of which a sweep that starts now has to say that no record was delivered, in words. The last one started at since.
func (l *lab) swept(since time.Time) string {
	l.t.Helper()
	var out []string
	for _, part := range reconcile.Observe(l.input()).Unrecorded(since, l.now) {
		out = append(out, part.String())
	}
	return strings.Join(out, " ")
}

const (
	ofAWS  = "arn:aws:iam::aws:policy/Team"
	ofUser = "arn:aws:iam::" + account + ":policy/team"
)

// managed is a managed policy with a document; "unread" is none that could be read.
func managed(part role.Part, arn, document string, kind policy.Kind) role.Policy {
	p := role.Policy{Part: part, Text: role.NotRead[string](role.Denied("iam:GetPolicyVersion"))}
	if document != "unread" {
		p = role.NewPolicy(part, documents[document], kind)
	}
	p.ARN = arn
	return p
}

// What a role has become without a record is news, but for what nobody in the account did: AWS edits its own policies, and IAM rewrites
// documents. What could not be read may have been so before.
func TestWhichPartsChangedWithoutARecord(t *testing.T) {
	for name, c := range map[string]struct {
		before, now func(l *lab)
		want        string
	}{
		"nothing":                     {nil, func(*lab) {}, ""},
		"the trust policy":            {nil, func(l *lab) { l.trust = "ec2" }, "trust"},
		"its indentation":             {nil, func(l *lab) { l.trust = "lambda-indented" }, ""},
		"tags":                        {nil, func(l *lab) { l.tags = map[string]string{"a": "b"} }, "tags"},
		"a new inline policy":         {nil, func(l *lab) { l.inline["logs"] = "harmless" }, "inline:logs"},
		"an inline policy":            {func(l *lab) { l.inline["logs"] = "harmless" }, func(l *lab) { l.inline["logs"] = "objects" }, "inline:logs"},
		"an inline policy is gone":    {func(l *lab) { l.inline["logs"] = "harmless" }, func(l *lab) { delete(l.inline, "logs") }, "inline:logs"},
		"a policy is attached":        {nil, func(l *lab) { l.attached[ofAWS] = "harmless" }, ofAWS},
		"a policy is detached":        {func(l *lab) { l.attached[ofAWS] = "harmless" }, func(l *lab) { delete(l.attached, ofAWS) }, ofAWS},
		"the text of a policy of AWS": {func(l *lab) { l.attached[ofAWS] = "harmless" }, func(l *lab) { l.attached[ofAWS] = "objects" }, ""},
		"the text of a policy":        {func(l *lab) { l.attached[ofUser] = "harmless" }, func(l *lab) { l.attached[ofUser] = "objects" }, ofUser},
		"a new boundary":              {nil, func(l *lab) { l.boundary, l.bounded = ofAWS, "harmless" }, "boundary"},
		"another boundary":            {func(l *lab) { l.boundary, l.bounded = ofAWS, "harmless" }, func(l *lab) { l.boundary = ofAWS + "2" }, "boundary"},
		"the text of AWS's boundary":  {func(l *lab) { l.boundary, l.bounded = ofAWS, "harmless" }, func(l *lab) { l.bounded = "objects" }, ""},
		"the text of the boundary":    {func(l *lab) { l.boundary, l.bounded = ofUser, "harmless" }, func(l *lab) { l.bounded = "objects" }, "boundary"},
		"a text that is not read now": {func(l *lab) { l.attached[ofUser] = "harmless" }, func(l *lab) { l.attached[ofUser] = "unread" }, ""},
		"a text that was not read":    {func(l *lab) { l.attached[ofUser] = "unread" }, func(l *lab) { l.attached[ofUser] = "harmless" }, ""},
		"policies that were not read": {func(l *lab) { l.unread["inline"] = true }, func(l *lab) { l.inline["logs"] = "harmless"; l.unread["inline"] = false }, ""},
		"a trust policy not read":     {func(l *lab) { l.unread["trust"] = true }, func(l *lab) { l.unread["trust"] = false }, ""},
		"tags that were not read":     {func(l *lab) { l.unread["tags"] = true }, func(l *lab) { l.unread["tags"] = false }, ""},
		"the role is another one":     {nil, func(l *lab) { l.id = "AROAANOTHER" }, "role"},
		"the role is gone":            {nil, func(l *lab) { l.id = "" }, "role"},
		"the role is there again":     {func(l *lab) { l.id = "" }, func(l *lab) { l.id = "AROAORDERS" }, "role"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.users = []string{"checkout"}
			if c.before != nil {
				c.before(l)
			}
			l.decide()
			looked := l.now
			l.now = l.now.Add(time.Hour)
			c.now(l)
			if got := l.swept(looked); got != c.want {
				t.Errorf("a sweep says %q, want %q", got, c.want)
			}
			l.decide()
			// What was seen stays open until a sweep says it; its time is between the two observations.
			open := 0
			for part, p := range l.state.Parts {
				if u := p.Unrecorded; !u.Seen.IsZero() {
					if open++; !u.After.Equal(looked) || !u.Seen.Equal(l.now) || !u.Swept.IsZero() {
						t.Errorf("%s: stored %+v", part, u)
					}
				}
			}
			if (open > 0) != (c.want != "") {
				t.Errorf("%d parts are stored as changed without a record", open)
			}
		})
	}
}

// One sweep counts a part, and asks again where it goes on with the role. What changes after that is counted by the next.
func TestAPartIsCountedByOneSweep(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.decide()
	looked := l.now
	l.now, l.trust = l.now.Add(time.Hour), "ec2"
	started := l.now
	sweep := func(started time.Time, want ...role.Part) {
		t.Helper()
		o := reconcile.Observe(l.input())
		if got := o.Unrecorded(looked, started); !slices.Equal(got, want) {
			t.Errorf("the sweep of %s says %q, want %q", started, got, want)
		}
		l.apply(o.Decide(l.settings))
	}
	sweep(started, role.PartTrust)
	l.now = l.now.Add(time.Minute)
	sweep(started, role.PartTrust)
	l.now = l.now.Add(24 * time.Hour)
	sweep(l.now)
	before := l.now
	l.now, l.trust = l.now.Add(time.Hour), "lambda"
	sweep(l.now, role.PartTrust)
	if u := l.state.Parts[role.PartTrust].Unrecorded; !u.After.Equal(before) || !u.Seen.Equal(l.now) || !u.Swept.Equal(l.now) {
		t.Errorf("stored %+v", u)
	}
}

// A role that is not known and was created since the last sweep has no record either, where all its users are known.
func TestARoleThatWasCreatedWithoutARecord(t *testing.T) {
	since := now.Add(-time.Hour)
	for name, c := range map[string]struct {
		change func(l *lab)
		want   string
	}{
		"since the last sweep":       {func(l *lab) { l.created = since.Add(1) }, "role"},
		"when that started":          {func(l *lab) { l.created = since }, ""},
		"before":                     {func(l *lab) { l.created = since.Add(-1) }, ""},
		"with a record":              {func(l *lab) { l.created = since.Add(1); l.record("iam", "CreateRole", "", "lambda") }, ""},
		"with one of something else": {func(l *lab) { l.created = since.Add(1); l.record("iam", "TagRole", "", "") }, "role"},
		"not every function is known": {func(l *lab) {
			l.created, l.unlisted = since.Add(1), true
		}, ""},
		"it cannot be read": {func(l *lab) { l.created, l.unread["trust"] = since.Add(1), true }, ""},
		"it is gone":        {func(l *lab) { l.created, l.id = since.Add(1), "" }, ""},
		"it is known":       {func(l *lab) { l.decide(); l.created = since.Add(1) }, ""},
	} {
		l := newLab(t)
		l.users = []string{"checkout"}
		c.change(l)
		if got := l.swept(since); got != c.want {
			t.Errorf("%s: a sweep says %q, want %q", name, got, c.want)
		}
	}
}

// IAM replaces the ARN of a principal that was deleted by its unique ID. Nobody edited the trust policy then.
func TestATrustPolicyThatIAMRewrites(t *testing.T) {
	const arn = `arn:aws:iam::` + account + `:role/gone`
	trust := func(principal string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"sts:AssumeRole"},{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	}
	for name, c := range map[string]struct{ before, now, want string }{
		"a role":                    {trust(`{"AWS":"` + arn + `"}`), trust(`{"AWS":"AROAGONE1"}`), ""},
		"a user":                    {trust(`{"AWS":"arn:aws:iam::` + account + `:user/gone"}`), trust(`{"AWS":"AIDAGONE1"}`), ""},
		"one of two":                {trust(`{"AWS":["` + arn + `","444455556666"]}`), trust(`{"AWS":["AROAGONE1","444455556666"]}`), ""},
		"another ARN":               {trust(`{"AWS":"` + arn + `"}`), trust(`{"AWS":"` + arn + `2"}`), "trust"},
		"an ID instead of an ID":    {trust(`{"AWS":"AROAGONE1"}`), trust(`{"AWS":"AROAGONE2"}`), "trust"},
		"what is no principal's ID": {trust(`{"AWS":"` + arn + `"}`), trust(`{"AWS":"AKIAGONE1"}`), "trust"},
		"one less":                  {trust(`{"AWS":["` + arn + `","444455556666"]}`), trust(`{"AWS":["AROAGONE1"]}`), "trust"},
		"a list instead of one":     {trust(`{"AWS":"` + arn + `"}`), trust(`{"AWS":["AROAGONE1"]}`), "trust"},
		"one more member":           {trust(`{"AWS":"` + arn + `"}`), trust(`{"AWS":"AROAGONE1","Federated":"x"}`), "trust"},
		"another member":            {trust(`{"AWS":"` + arn + `"}`), trust(`{"Federated":"AROAGONE1"}`), "trust"},
		"another kind of value":     {trust(`{"AWS":"` + arn + `"}`), trust(`true`), "trust"},
		"another condition": {
			trust(`{"AWS":"` + arn + `"},"Condition":{"Bool":{"aws:SecureTransport":true}}`), trust(`{"AWS":"AROAGONE1"},"Condition":{"Bool":{"aws:SecureTransport":false}}`), "trust",
		},
		"the same condition": {
			trust(`{"AWS":"` + arn + `"},"Condition":{"Bool":{"aws:SecureTransport":true}}`), trust(`{"AWS":"AROAGONE1"},"Condition":{"Bool":{"aws:SecureTransport":true}}`), "",
		},
		"no JSON now":    {trust(`{"AWS":"` + arn + `"}`), `oops`, "trust"},
		"no JSON before": {`oops`, trust(`{"AWS":"AROAGONE1"}`), "trust"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.users, l.trust = []string{"checkout"}, "written"
			documents["written"] = c.before
			t.Cleanup(func() { delete(documents, "written") })
			l.decide()
			looked := l.now
			l.now = l.now.Add(time.Hour)
			documents["written"] = c.now
			if got := l.swept(looked); got != c.want {
				t.Errorf("a sweep says %q, want %q", got, c.want)
			}
			o := reconcile.Observe(l.input())
			o.Unrecorded(looked, l.now)
			l.apply(o.Decide(l.settings))
			if u := l.state.Parts[role.PartTrust].Unrecorded; u.Seen.IsZero() != (c.want == "") {
				t.Errorf("stored %+v", u)
			}
			l.inline["logs"] = "harmless"
			l.now = l.now.Add(time.Hour)
			if got := l.swept(looked); got != "inline:logs" {
				t.Errorf("the next sweep says %q", got)
			}
		})
	}
}

// Of what was looked up, the newest record that touches a part and leaves what is there may be behind the change: one from after the part
// was last observed, less the 5 minutes that a read may lag behind.
func TestWhichRecordsMayBeBehindAChange(t *testing.T) {
	for name, c := range map[string]struct {
		ago            time.Duration
		document, name string
		change         func(c *reconcile.Change)
		want           bool
	}{
		"it leaves what is there":      {ago: time.Minute, document: "ec2", name: "UpdateAssumeRolePolicy", want: true},
		"it leaves something else":     {ago: time.Minute, document: "lambda", name: "UpdateAssumeRolePolicy"},
		"it touches something else":    {ago: time.Minute, name: "TagRole"},
		"it created the role":          {ago: time.Minute, document: "ec2", name: "CreateRole", want: true},
		"it failed":                    {ago: time.Minute, document: "ec2", name: "UpdateAssumeRolePolicy", change: func(c *reconcile.Change) { c.ErrorCode = "AccessDenied" }},
		"it is of another role":        {ago: time.Minute, document: "ec2", name: "UpdateAssumeRolePolicy", change: func(c *reconcile.Change) { c.Role = "billing" }},
		"just after, with the lag":     {ago: time.Hour + 5*time.Minute - 1, document: "ec2", name: "UpdateAssumeRolePolicy", want: true},
		"just before, with the lag":    {ago: time.Hour + 5*time.Minute, document: "ec2", name: "UpdateAssumeRolePolicy"},
		"now":                          {document: "ec2", name: "UpdateAssumeRolePolicy", want: true},
		"later than now":               {ago: -1, document: "ec2", name: "UpdateAssumeRolePolicy"},
		"another, then what is there":  {ago: time.Minute, document: "ec2", name: "UpdateAssumeRolePolicy", want: true},
		"what is there, several times": {ago: time.Minute, document: "ec2", name: "UpdateAssumeRolePolicy", want: true},
	} {
		l := newLab(t)
		l.users = []string{"checkout"}
		l.decide()
		l.now, l.trust = l.now.Add(time.Hour), "ec2"
		clock := l.now
		earlier := strings.HasPrefix(name, "another, ") || strings.HasSuffix(name, "several times")
		if earlier {
			l.now = clock.Add(-2 * time.Minute)
			l.record("iam", "UpdateAssumeRolePolicy", "", map[bool]string{true: "lambda", false: "ec2"}[strings.HasPrefix(name, "another")])
		}
		l.now = clock.Add(-c.ago)
		l.record("iam", c.name, "", c.document)
		last := &l.changes[len(l.changes)-1]
		if c.change != nil {
			c.change(last)
		}
		found, id := l.changes, last.EventID
		l.changes, l.now = nil, clock
		o := reconcile.Observe(l.input())
		parts := o.Unrecorded(now, l.now)
		got := o.Candidates(parts, found)
		if len(parts) != 1 || len(got) > 1 || (len(got) == 1) != c.want || c.want && got[0].EventID != id {
			t.Errorf("%s: of %q may be behind %+v", name, parts, got)
		}
		if from, to := o.Window(parts); !from.Equal(now.Add(-5*time.Minute)) || !to.Equal(clock) {
			t.Errorf("%s: records are looked up from %v to %v", name, from, to)
		}
	}
}

// The records of a part that was taken into account are older than what is looked up. Without parts the window begins with the last look.
func TestTheWindowOfALookUp(t *testing.T) {
	l := newLab(t)
	l.users = []string{"checkout"}
	l.decide()
	l.now, l.trust = l.now.Add(time.Hour), "ec2"
	l.decide()
	l.now, l.inline["logs"] = l.now.Add(time.Hour), "harmless"
	o := reconcile.Observe(l.input())
	for _, c := range []struct {
		parts []role.Part
		from  time.Duration
	}{
		{nil, -time.Hour}, {[]role.Part{"inline:logs"}, -time.Hour - 5*time.Minute}, {[]role.Part{"trust"}, -2*time.Hour - 5*time.Minute},
		{[]role.Part{"inline:logs", "trust"}, -2*time.Hour - 5*time.Minute}, {[]role.Part{"trust", "inline:logs"}, -2*time.Hour - 5*time.Minute},
	} {
		if from, to := o.Window(c.parts); !from.Equal(l.now.Add(c.from)) || !to.Equal(l.now) {
			t.Errorf("of %q: from %v to %v", c.parts, from, to)
		}
	}
}
