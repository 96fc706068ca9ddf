package reconcile_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const settle = time.Minute

// documents are the policies of the lab, by name.
var documents = map[string]string{
	"lambda": lambdaOnly, "ec2": ec2Only, "lambda-indented": strings.ReplaceAll(lambdaOnly, ",", ",\n  "),
	"everything": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
	"objects":    `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`,
	"harmless":   `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`,
}

// everything is a check that finds a policy which allows everything: a cheap stand-in for those of danger.
var everything = &check.Check{
	ID: "RW301", Slug: "administrator", Severity: check.Critical,
	Run: func(p *check.Pass) {
		if p.Role.Inline.State() == role.Unknown {
			p.Undecided("", p.Role.Inline.Gap("inline policies"))
		}
		for _, one := range slices.Concat(p.Role.Inline.Or(nil), p.Role.Attached.Or(nil)) {
			if text := one.Text.Or(""); text == documents["everything"] {
				p.Report(check.Diagnostic{Key: one.Part.String(), Title: "everything", Evidence: []check.Evidence{{Policy: one.Part.String(), Text: text}}})
			}
		}
	},
}

// lacks is a check that finds a role which has a policy "caller" and none that lets it write logs: a stand-in for those of needs. It blames
// no policy, for what is missing is in none.
var lacks = &check.Check{
	ID: "RW201", Slug: "logs", Severity: check.High, Reads: []check.Fact{check.InlinePolicies},
	Run: func(p *check.Pass) {
		isCaller := func(one role.Policy) bool { return one.Part == role.InlinePart("caller") }
		writes := func(one role.Policy) bool { return one.Text.Or("") == documents["harmless"] }
		if inline := p.Role.Inline.Or(nil); slices.ContainsFunc(inline, isCaller) && !slices.ContainsFunc(inline, writes) {
			p.Report(check.Diagnostic{Title: "cannot write logs"})
		}
	},
}

// edits is a check that finds any edit which is remembered.
var edits = &check.Check{
	ID: "RW317", Slug: "new-access", Severity: check.Medium, JudgesEdit: true,
	Run: func(p *check.Pass) {
		d := check.Diagnostic{Title: "edited"}
		for part, was := range p.Before.Parts {
			d.Parts = append(d.Parts, part)
			if was.State() == role.Unknown {
				p.Undecided("", role.Gap{What: was.Why()})
				return
			}
		}
		if slices.Sort(d.Parts); len(d.Parts) > 0 {
			p.Report(d)
		}
	},
}

// lab is one role on a clock, and what is remembered of it. It is the flow around decisions, without ports.
type lab struct {
	t        testing.TB
	now      time.Time
	settings *reconcile.Settings
	state    finding.State
	saved    map[string]string
	serial   int

	name, id, trust string
	inline          map[string]string
	attached        map[string]string
	// boundary is the ARN of the boundary, bounded the document that it is.
	boundary, bounded string
	users             []string
	// modified is when the functions were changed; zero where that is not known.
	modified time.Time
	// created is when the role was.
	created time.Time
	// encrypted says that the functions have environment variables, and by is the role that records name; empty for this one.
	encrypted bool
	by        string
	// unread are the parts that may not be read, and unlisted says that not every function is known.
	unread   map[string]bool
	unlisted bool
	// lag is what reads show still, where it is set.
	lag *role.Snapshot
	// tags are those of the role, and functionTags those of functions by their names: those of others are not known.
	tags         map[string]string
	functionTags map[string]map[string]string
	// changes lead to the next decision.
	changes []reconcile.Change
}

// trustChecks are those of the trust policy.
func trustChecks() []*check.Check {
	return slices.DeleteFunc(catalogue.Checks(), func(c *check.Check) bool { return !strings.HasPrefix(c.ID, "RW1") })
}

func newLab(t testing.TB) *lab {
	checks := append(trustChecks(), everything, lacks, edits)
	l := &lab{
		t: t, now: now, created: now.Add(-24 * time.Hour), name: "orders", id: "AROAORDERS", trust: "lambda", inline: map[string]string{}, attached: map[string]string{},
		unread: map[string]bool{}, saved: map[string]string{},
		settings: reconcile.NewSettings(inforce.New(checks, inforce.Rules{}), "test", check.Parameters{}, settle),
	}
	l.state.Key = l.ref().Key()
	return l
}

func (l *lab) ref() role.Ref {
	return role.Ref{Partition: "aws", Account: account, Name: l.name, ARN: "arn:aws:iam::" + account + ":role/" + l.name}
}

// snapshot is the role as a read shows it.
func (l *lab) snapshot() *role.Snapshot {
	if l.lag != nil {
		stale := *l.lag
		return &stale
	}
	s := &role.Snapshot{Ref: l.ref(), SCPs: role.None[[][]policy.Part](), RCPs: role.None[[][]policy.Part](), Boundary: role.None[role.Policy](),
		Users: role.Users{Complete: !l.unlisted, Why: "functions: not listed"}}
	for _, name := range l.users {
		f := role.Function{ARN: functionARN(name), Version: "$LATEST", Role: l.ref().ARN, Config: role.UnreadConfig(role.Because("not of interest"))}
		if !l.modified.IsZero() {
			f.LastModified = role.Have(l.modified)
		}
		if l.encrypted {
			f.Environment, f.LastModified = role.Have(true), role.Have(now.Add(-12*time.Hour))
		}
		if tags, known := l.functionTags[name]; known {
			f.Config.Tags = role.Have(tags)
		}
		s.Users.List = append(s.Users.List, f)
	}
	if l.id == "" {
		s.Identity, s.Trust, s.Tags = role.None[role.Identity](), role.None[role.Policy](), role.None[map[string]string]()
		s.Inline, s.Attached = role.None[[]role.Policy](), role.None[[]role.Policy]()
		return s
	}
	s.Identity = role.Have(role.Identity{ARN: l.ref().ARN, ID: l.id, Created: role.Have(l.created)})
	s.Trust, s.Tags = trusting(documents[l.trust]), role.Have(l.tags)
	var inline, attached []role.Policy
	for _, name := range slices.Sorted(maps.Keys(l.inline)) {
		inline = append(inline, role.NewPolicy(role.InlinePart(name), documents[l.inline[name]], policy.Identity))
	}
	for _, arn := range slices.Sorted(maps.Keys(l.attached)) {
		attached = append(attached, managed(role.ManagedPart(arn), arn, l.attached[arn], policy.Identity))
	}
	if l.boundary != "" {
		s.Boundary = role.Have(managed(role.PartBoundary, l.boundary, l.bounded, policy.Boundary))
	}
	s.Inline, s.Attached = role.Have(inline), role.Have(attached)
	if l.unread["trust"] {
		s.Identity, s.Trust = role.NotRead[role.Identity](role.Denied("iam:GetRole")), role.NotRead[role.Policy](role.Denied("iam:GetRole"))
	}
	if l.unread["tags"] {
		s.Tags = role.NotRead[map[string]string](role.Denied("iam:ListRoleTags"))
	}
	if l.unread["inline"] {
		s.Inline = role.NotRead[[]role.Policy](role.Denied("iam:ListRolePolicies"))
	}
	return s
}

func functionARN(name string) string {
	return "arn:aws:lambda:us-east-1:" + account + ":function:" + name
}

// record adds a change: an API call of IAM's or Lambda's with what it gives the part.
func (l *lab) record(source, name, part, document string) {
	l.serial++
	row, ok := events.Lookup(source+".amazonaws.com", name)
	if !ok {
		l.t.Fatalf("no row for %s %s", source, name)
	}
	c := events.Change{
		ID: fmt.Sprintf("e%d", l.serial), Event: row, Name: name, Time: l.now, Account: account, Region: "us-east-1", Partition: "aws",
		Actor: events.Actor{Type: "IAMUser", Name: "sam"}, Role: events.RoleRef{Name: l.name},
	}
	switch {
	case row.Part == events.PartInline:
		c.Policy.Name = part
	case row.Part == events.PartPolicy:
		c.Policy.ARN, c.Policy.SetAsDefault = part, true
	case row.Part == events.PartBoundary:
		c.Boundary = part
	case source == "lambda":
		c.Function.ARN = functionARN(part)
	}
	if text, ok := documents[document]; ok {
		c.Document = &text
	}
	if row.Part == events.PartRole && row.Effect == events.EffectSets {
		c.Role.ID = l.id
	}
	switch {
	case row.Subject == events.SubjectPolicy:
		c.Role.Name = ""
	case l.by != "":
		c.Role.Name = l.by
	}
	if document == "refused" {
		c.ErrorCode, c.ErrorMessage = "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
	}
	l.changes = append(l.changes, reconcile.NewChange(&c))
}

// input is what the next decision rests on.
func (l *lab) input() reconcile.Input {
	in := reconcile.Input{Before: l.state, Snapshot: l.snapshot(), Changes: l.changes, Now: l.now, Texts: map[string]string{}}
	for _, hash := range reconcile.Observe(in).Wanted() {
		if text, kept := l.saved[hash]; kept {
			in.Texts[hash] = text
		}
	}
	return in
}

// apply commits a decision. A change that the snapshot does not show yet stays for the next one.
func (l *lab) apply(d reconcile.Decision) {
	if d.Outcome != reconcile.Stale {
		l.changes = nil
	}
	if !d.Outcome.Commits() {
		return
	}
	l.state = d.Next
	l.state.Revision++
	for _, text := range d.Texts {
		l.saved[role.HashText(text)] = text
	}
}

// render is a decision in lines.
func render(d reconcile.Decision, at time.Time) []string {
	scope := map[reconcile.ScopeAnswer]string{reconcile.InScope: "in scope", reconcile.OutOfScope: "out of scope", reconcile.ScopeUnknown: "scope unknown"}
	first := d.Outcome.String() + ", " + scope[d.Scope.Answer]
	if len(d.Scope.Missing) > 0 {
		first += ": " + strings.Join(role.GapTexts(d.Scope.Missing), "; ")
	}
	if d.StaleTo != nil {
		first = "stale to " + d.StaleTo.EventID
	}
	lines := []string{first}
	for _, t := range d.Transitions {
		line := string(t.Kind) + " " + t.Finding.Check
		if t.Finding.Resolution != "" {
			line += " " + string(t.Finding.Resolution)
		}
		if by := t.Finding.ResolvedBy; by != nil {
			line += " by " + by.EventID + ", " + string(by.Certainty)
		}
		if len(t.Finding.WhatChanged) > 0 {
			line += " (" + strings.Join(t.Finding.WhatChanged, "; ") + ")"
		}
		if c := t.Finding.Cause; c != nil && t.Kind != finding.KindResolved {
			line += " because of " + strings.Join(append([]string{c.EventID}, c.Further...), " after ") + ", " + string(c.Certainty)
			if len(c.Unseen) > 0 {
				line += ", no record of " + strings.Join(c.Unseen, ", ")
			}
		}
		lines = append(lines, line)
	}
	slices.Sort(lines[1:])
	if ago := at.Sub(d.Thread); len(d.Transitions) > 0 && ago > 0 {
		lines = append(lines, "of a thread that began "+ago.String()+" ago")
	}
	if !d.ConfirmAt.IsZero() {
		lines = append(lines, "confirm after "+d.ConfirmAt.Sub(at).String())
	}
	if len(d.Texts) > 0 {
		lines = append(lines, fmt.Sprintf("save %d", len(d.Texts)))
	}
	if !d.Outcome.Commits() && cmp.Compare(d.Next.Revision, 0) != 0 {
		lines = append(lines, "a next state that is not to be committed")
	}
	return lines
}
