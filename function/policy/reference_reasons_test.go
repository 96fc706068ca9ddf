package policy

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestReasonsAgreeWithReference holds what a verdict names against the reference: the statements that deny are all of
// them; the statements that allow would do alone; without what it hung on, the answer would be known; and with every
// kind that blocked out of the way, it would be another.
func TestReasonsAgreeWithReference(t *testing.T) {
	generator := refDrawCase()
	checked, wrong := map[Decision]int{}, 0
	for seed := range 4000 {
		c := generator.Example(seed)
		v := Evaluate(c.req, c.set)
		checked[v.Decision]++
		var fault string
		switch v.Decision {
		case ExplicitDeny:
			fault = refCheckDenies(c, v)
		case Allowed:
			fault = refCheckAllows(c, v)
		case Unknown:
			fault = refCheckHanging(c, v)
		case ImplicitDeny:
			fault = refCheckBlockers(c, v)
		}
		if fault != "" {
			if wrong++; wrong <= 5 {
				t.Errorf("seed %d: %s is %s\n%s; %s", seed, decisions[v.Decision], fault, c, reasons(v))
			}
		}
	}
	for d, name := range decisions {
		if checked[d] == 0 {
			t.Errorf("no verdict is %s", name)
		}
	}
	t.Logf("checked the reasons of %v, %d wrong", checked, wrong)
}

// refBearing is every policy that bears on the request; unread ones are left out.
func refBearing(c refCase) []*Document {
	caller := refReadCaller(c.req.Principal)
	var parts []Part
	if caller.isIdentity() {
		parts = append(append(parts, c.set.Identity...), c.set.Boundaries...)
	}
	if c.set.Session != nil && (caller.isIdentity() || caller.kind == refAccount) {
		parts = append(parts, *c.set.Session)
	}
	if c.set.Resource != nil {
		parts = append(parts, *c.set.Resource)
	}
	parts = append(parts, c.set.Endpoint...)
	linked := refLinked(caller, c.req.Context)
	if (caller.isIdentity() || caller.kind == refAccount) && !linked.yes {
		parts = append(parts, slices.Concat(c.set.SCPs...)...)
	}
	if refUnderRCPs(c.req) && !linked.yes {
		parts = append(parts, slices.Concat(c.set.RCPs...)...)
	}
	var documents []*Document
	for _, p := range parts {
		if p.Document != nil {
			documents = append(documents, p.Document)
		}
	}
	return documents
}

func refCheckDenies(c refCase, v Verdict) string {
	want := map[*Statement]bool{}
	for _, d := range refBearing(c) {
		endpoint := slices.ContainsFunc(c.set.Endpoint, func(p Part) bool { return p.Document == d })
		for i := range d.Statements {
			if slices.Equal(refStatement(d, &d.Statements[i], c.req, len(c.set.Boundaries) > 0, endpoint), []refGrant{refDeny}) {
				want[&d.Statements[i]] = true
			}
		}
	}
	for _, s := range v.Statements {
		if !want[s.Statement] || s.Effect != Deny {
			return "told by a statement that does not deny"
		}
		delete(want, s.Statement)
	}
	if len(want) > 0 {
		return "told without all statements that deny"
	}
	return ""
}

func refCheckAllows(c refCase, v Verdict) string {
	caller := refReadCaller(c.req.Principal)
	owned := caller.kind == refAccount && refOwner(c.req, caller) == caller.account
	if strings.EqualFold(c.req.Action, "sts:GetCallerIdentity") || owned {
		return ""
	}
	named := func(s *Statement) bool {
		return slices.ContainsFunc(v.Statements, func(r StatementRef) bool {
			return r.Statement.Span == s.Span && r.Effect == Allow && r.Statement.Effect == Allow
		})
	}
	set := c.set
	set.Unread = nil
	set.Identity = refOnly(set.Identity, named)
	if set.Resource != nil {
		p := refOnly([]Part{*set.Resource}, named)
		if set.Resource = nil; len(p) > 0 {
			set.Resource = &p[0]
		}
	}
	set.Boundaries, set.Session = c.set.Boundaries, c.set.Session
	if refDecide(c.req, set) != Allowed {
		return "told by statements that do not suffice"
	}
	return ""
}

// refOnly keeps, of policies that were read, the statements that keep accepts.
func refOnly(parts []Part, keep func(*Statement) bool) []Part {
	var out []Part
	for _, p := range parts {
		if p.Document == nil {
			continue
		}
		d := *p.Document
		d.Statements = slices.DeleteFunc(slices.Clone(d.Statements), func(s Statement) bool { return !keep(&s) })
		out = append(out, Part{Name: p.Name, Document: &d})
	}
	return out
}

func refCheckHanging(c refCase, v Verdict) string {
	if len(v.Statements)+len(v.Unread)+len(v.UnknownKeys) == 0 {
		return "hanging on nothing"
	}
	onPath := slices.Contains(v.UnknownKeys, "aws:PrincipalArn") // which no statement of the draw asks for
	if onPath != (len(v.BlockedBy) > 0) || onPath && refLinked(refReadCaller(c.req.Principal), c.req.Context) != refEither {
		return "hanging on a path that is known"
	}
	for _, key := range v.UnknownKeys {
		if key == "aws:PrincipalArn" {
			continue
		}
		undecided := slices.ContainsFunc(v.Statements, func(r StatementRef) bool {
			return slices.ContainsFunc(r.Statement.Conditions, func(condition Condition) bool {
				return condition.Key == key && refConditionIn(condition, r.Document.Version, c.req.Context) == refEither
			})
		})
		if state := refLookup(c.req.Context, strings.ToLower(key)).Presence; !undecided && (state == KeyPresent || state == KeyAbsent) {
			return "hanging on a key that is known"
		}
	}
	parts := func(list []Part) []Part {
		var out []Part
		for _, p := range list {
			if p.Document != nil {
				p = refOnly([]Part{p}, func(s *Statement) bool {
					return !slices.ContainsFunc(v.Statements, func(r StatementRef) bool { return r.Policy == p.Name && r.Statement.Index == s.Index })
				})[0]
			} else if slices.Contains(v.Unread, p.Name) {
				p.Document = &Document{}
			}
			out = append(out, p)
		}
		return out
	}
	set := refMapParts(c.set, parts)
	set.Unread = slices.DeleteFunc(slices.Clone(set.Unread), func(kind string) bool { return slices.Contains(v.Unread, kind) })
	req := c.req
	if onPath {
		req.Context.Keys = maps.Clone(req.Context.Keys)
		req.Context.Keys["aws:principalarn"] = present("arn:aws:iam::111111111111:role/AWSServiceRoleForX")
	}
	if refDecide(req, set) == Unknown {
		return "hanging on more than it names"
	}
	return ""
}

// refMapParts changes every list of policies in a set.
func refMapParts(set Set, change func([]Part) []Part) Set {
	set.Identity, set.Boundaries, set.Endpoint = change(set.Identity), change(set.Boundaries), change(set.Endpoint)
	for _, one := range []**Part{&set.Resource, &set.Session} {
		if *one != nil {
			*one = &change([]Part{**one})[0]
		}
	}
	for _, levels := range []*[][]Part{&set.SCPs, &set.RCPs} {
		changed := make([][]Part, len(*levels))
		for i, level := range *levels {
			changed[i] = change(level)
		}
		if *levels != nil {
			*levels = changed
		}
	}
	return set
}

func refCheckBlockers(c refCase, v Verdict) string {
	if len(v.BlockedBy) == 0 {
		return "told without what blocked"
	}
	everything := func(kind Kind) Part {
		principal := ""
		if !refIdentityLike(kind) {
			principal = `"Principal":"*",`
		}
		d, _ := Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow",`+principal+`"Action":"*","Resource":"*"}}`), kind)
		return Part{Name: "everything", Document: d}
	}
	set := c.set
	for _, kind := range v.BlockedBy {
		switch kind {
		case "protected":
			return ""
		case "identity":
			set.Identity = append(slices.Clone(set.Identity), everything(Identity))
		case "resource":
			p := everything(Resource)
			set.Resource = &p
		case "boundary":
			set.Boundaries = []Part{everything(Boundary)}
		case "session":
			p := everything(Session)
			set.Session = &p
		case "endpoint":
			set.Endpoint = append(slices.Clone(set.Endpoint), everything(Resource))
		case "scp":
			levels := slices.Clone(set.SCPs)
			for i := range levels {
				levels[i] = append(slices.Clone(levels[i]), everything(SCP))
			}
			set.SCPs = levels
		}
	}
	if refDecide(c.req, set) == ImplicitDeny {
		return "blocked by more than it names"
	}
	return ""
}
