package policy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Change is what one statement newly allows, as somebody reads it who reviews the edit.
type Change struct {
	// Statement is that of the grants.
	Statement StatementRef
	// Grants are the gravest first; none is left out.
	Grants []ReviewedGrant
}

// ReviewedGrant is a grant with what a reviewer wants to know of it.
type ReviewedGrant struct {
	Grant
	// Gravity is that of the gravest action that is newly allowed.
	Gravity actions.Gravity
	// Everything is set where the grant is of every action on every resource, but for what was allowed before: the
	// principal becomes an administrator, within the statement's conditions.
	Everything bool
	// Covered is set where another grant includes everything in this one.
	Covered bool
	// Without are the keys of conditions, as AWS spells them, under which an old statement allowed the witness's request, and
	// which the new statement does not have. Wider are those that both have, and that the request now meets.
	Without, Wider []string
	// Lifted are the old policies' statements that denied the witness's request.
	Lifted []StatementRef
}

// NewActions are the documented actions that are newly allowed, the gravest first. The slice is new.
func (g *ReviewedGrant) NewActions() []string {
	list := slices.Clone(g.Actions)
	if len(list) == 0 {
		list = []string{g.Action}
		if strings.ContainsAny(g.Action, "*?") {
			list[0] = g.Witness.Request.Action
		}
	}
	slices.SortFunc(list, actions.CompareGravity)
	return list
}

// Review sorts what Compare found for somebody who reviews the edit: statement by statement, the gravest first. It says which
// grants others cover, which conditions are gone, and which Deny statements. The sets are those that were compared.
func Review(old, new Set, c Comparison) []Change {
	list := make([]*ReviewedGrant, len(c.Grants))
	for i, g := range c.Grants {
		list[i] = review(old, new, g)
	}
	slices.SortStableFunc(list, compareGrants)
	markCovered(list)
	byStatement := map[*Statement]int{}
	var changes []Change
	for _, g := range list {
		at, ok := byStatement[g.Statement.Statement]
		if !ok {
			at = len(changes)
			byStatement[g.Statement.Statement] = at
			changes = append(changes, Change{Statement: g.Statement})
		}
		changes[at].Grants = append(changes[at].Grants, *g)
	}
	return changes
}

func review(old, new Set, g Grant) *ReviewedGrant {
	// The witness asks for the gravest action.
	r := &ReviewedGrant{Grant: g, Gravity: actions.GravityOf(g.Witness.Request.Action)}
	r.Everything = r.isOfEverything() && g.administers(new)
	if g.Statement.Effect == Deny {
		return r
	}
	if v := Evaluate(g.Witness.Request, g.Witness.Under(old)); v.Decision == ExplicitDeny {
		r.Lifted = v.Statements
		return r
	}
	r.findConditions(old)
	return r
}

// isOfEverything reports whether the grant is of every action on every resource, and most of it is new.
func (r *ReviewedGrant) isOfEverything() bool {
	s := r.Statement.Statement
	return s.Effect == Allow && !r.Inert && !s.NotAction && !s.NotResource && isEverything(r.Action) && isEverything(r.Resource) &&
		len(r.Actions) > len(actions.Names())/2
}

// administers reports whether the new policies let the witness's principal give permissions to roles: who may not is not an
// administrator, whatever else is allowed.
func (g Grant) administers(new Set) bool {
	req := g.Witness.Request
	c := parseCaller(req.Principal)
	role := aws.RoleARN(cmp.Or(c.partition, aws.PartitionOfARN(req.Resource)), cmp.Or(c.account, exampleAccount), "/", "example")
	req.Action, req.Resource = "iam:AttachRolePolicy", role.String()
	return Evaluate(req, g.Witness.Under(new)).Decision == Allowed
}

// findConditions looks for the old statement that allows the witness's request but for its conditions; of several, for the
// one with the fewest that are not met.
func (r *ReviewedGrant) findConditions(old Set) {
	parts := old.Identity
	if !r.Statement.Document.Kind.attachedToCaller() {
		parts = nil
		if old.Resource != nil {
			parts = []Part{*old.Resource}
		}
	}
	fewest := -1
	for _, p := range parts {
		if p.Document == nil {
			continue
		}
		for i := range p.Document.Statements {
			if p.Document.Statements[i].Effect != Allow {
				continue
			}
			m := p.Document.Match(i, r.Witness.Request)
			if m.Principal != True || m.Action != True || m.Resource != True || m.Applies == True {
				continue
			}
			if without, wider, unmet := r.conditionsGone(m); fewest < 0 || unmet < fewest {
				fewest, r.Without, r.Wider = unmet, without, wider
			}
		}
	}
}

// conditionsGone compares an old statement's conditions with those of the new one.
func (r *ReviewedGrant) conditionsGone(m StatementMatch) (without, wider []string, unmet int) {
	kept := map[string]bool{}
	for i := range r.Statement.Statement.Conditions {
		kept[strings.ToLower(r.Statement.Statement.Conditions[i].Key)] = true
	}
	for _, c := range m.Conditions {
		key := actions.Spelling(c.Condition.Key)
		switch {
		case !kept[strings.ToLower(c.Condition.Key)]:
			without = appendNew(without, key)
		case c.Truth != True:
			wider = appendNew(wider, key)
		}
		if c.Truth != True {
			unmet++
		}
	}
	return without, wider, unmet
}

// compareGrants puts the gravest first: what takes effect, by the kind of access, the principals, the conditions and the
// resources.
func compareGrants(a, b *ReviewedGrant) int {
	order := func(g *ReviewedGrant) []int {
		return []int{
			number(g.Inert), -number(g.Everything), -int(g.Gravity), principalRank(g), number(len(g.Statement.Statement.Conditions) > 0),
			number(!isEverything(g.Resource)),
		}
	}
	return cmp.Or(
		slices.Compare(order(a), order(b)), actions.CompareGravity(a.Witness.Request.Action, b.Witness.Request.Action), len(b.Actions)-len(a.Actions),
	)
}

func number(is bool) int {
	if is {
		return 1
	}
	return 0
}

// principalRank puts everybody first, and then accounts as a whole.
func principalRank(g *ReviewedGrant) int {
	switch {
	case g.Principal == "" || g.Principal == "*":
		return 0
	case aws.IsAccountID(g.Principal) || strings.HasSuffix(g.Principal, ":root"):
		return 1
	}
	return 2
}

// mostCovering bounds how many grants are asked whether they cover others: the gravest ones.
const mostCovering = 200

func markCovered(list []*ReviewedGrant) {
	reaches := make([]grantReach, len(list))
	for i, g := range list {
		reaches[i] = reachOf(g)
	}
	for i, g := range list {
		for j := range list[:min(mostCovering, len(list))] {
			// Of two that cover one another, the first stays.
			if i != j && !list[j].Covered && reaches[j].covers(&reaches[i]) && (j < i || !reaches[i].covers(&reaches[j])) {
				g.Covered = true
				break
			}
		}
	}
}

// grantReach is what a grant is of, for comparing it with others.
type grantReach struct {
	grant      *ReviewedGrant
	action     actionPattern
	resource   resourcePattern
	conditions []condition
	// narrow is set where the statement says what it does not apply to, so that the values say too much.
	narrow bool
}

func reachOf(g *ReviewedGrant) grantReach {
	s, d := g.Statement.Statement, g.Statement.Document
	return grantReach{
		grant: g, action: compileAction(g.Action), resource: compileResource(g.Resource, d.Kind, d.hasVariables()), conditions: s.ready(d).conditions,
		narrow: s.NotAction || s.NotResource || s.NotPrincipal,
	}
}

// covers reports that all that another grant is of is in this one. That it says false is no proof.
func (r *grantReach) covers(o *grantReach) bool {
	g, h := r.grant, o.grant
	return !r.narrow && !g.Inert && g.Statement.Effect == h.Statement.Effect && g.Statement.Document.Kind == h.Statement.Document.Kind &&
		r.coversPrincipal(o) && r.action.covers(&o.action) && r.coversResource(o) && r.conditionsWithin(o)
}

// coversPrincipal reports that whoever the other grant is to this one is to. An asterisk of another type than AWS is everybody
// of that type alone.
func (r *grantReach) coversPrincipal(o *grantReach) bool {
	g, h := r.grant, o.grant
	return g.Principal == h.Principal && g.PrincipalType == h.PrincipalType || g.Principal == "*" && (g.PrincipalType == "*" || g.PrincipalType == "AWS")
}

func (r *grantReach) coversResource(o *grantReach) bool {
	p, q := &r.resource, &o.resource
	if r.grant.Resource == o.grant.Resource || p.everything {
		return true
	}
	if q.everything || p.variable != nil || q.variable != nil || !p.complete || !q.complete || p.unsure {
		return false
	}
	for i := range p.head {
		if !coversGlob(p.head[i], q.head[i]) {
			return false
		}
	}
	return coversGlob(p.tail, q.tail)
}

// conditionsWithin reports that every condition of the grant is one of the other's.
func (r *grantReach) conditionsWithin(o *grantReach) bool {
	return !slices.ContainsFunc(r.conditions, func(c condition) bool {
		return !slices.ContainsFunc(o.conditions, func(d condition) bool { return sameCondition(&c, &d) })
	})
}

func (p *actionPattern) covers(o *actionPattern) bool {
	if p.everything {
		return true
	}
	return !o.everything && !p.malformed && !o.malformed && coversGlob(p.service, o.service) && coversGlob(p.name, o.name)
}

// coversGlob reports that a glob matches whatever another one does. That it says false is no proof.
func coversGlob(wide, narrow string) bool {
	return wide == narrow || hasMarks(wide) && spelling{}.pattern(wide).Covers(spelling{}.pattern(narrow))
}
