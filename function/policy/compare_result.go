package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// doubt is why an answer may have been missed.
type doubt struct {
	exceeded, unverified, undecided, soft, variables bool
	// possible is set once a request was found that may be newly allowed.
	possible bool
}

func (d *doubt) any() bool { return d.exceeded || d.unverified || d.undecided || d.soft || d.variables }

// tooComplex begins a sentence which says that the budget was the reason.
const tooComplex = "the comparison is too complex"

// doubt notes what could not be decided, once for each statement, resource and principal.
func (c *comparer) doubt(g *comparedStatement, values []int, r int, principals []int, class *actionClass, d *doubt) {
	u := Undecidable{
		Action: g.actionText(values[0]), Resource: g.resourceText(r), Principal: g.principalText(principals[0]),
		Statement: g.ref(), Why: c.why(d), Exceeded: d.exceeded,
	}
	// The list is searched, and the keys of all statements are put together.
	g.spend(c.budget, len(c.out.Unknown)+len(c.statements))
	u.Unread = c.unread()
	for _, cst := range c.statements {
		if (class.open || class.matched.has(cst.number)) && cst.spend(c.budget, cst.size*(1+len(u.Keys)/8)) {
			u.Keys = cst.appendDoubtful(u.Keys)
		}
	}
	same := func(o Undecidable) bool {
		return o.Statement.Statement == u.Statement.Statement && o.Resource == u.Resource && o.Principal == u.Principal
	}
	if !slices.ContainsFunc(c.out.Unknown, same) && len(c.out.Unknown) < maxGrants {
		c.out.Unknown = append(c.out.Unknown, u)
	}
}

func (c *comparer) why(d *doubt) string {
	switch {
	case d.exceeded:
		return tooComplex + ": this statement requires too much work"
	case d.undecided && len(c.unread()) > 0:
		return "policies that affect it were not read"
	case d.undecided:
		return "AWS does not document which principals this value matches"
	case d.soft:
		return "AWS does not document an element of a statement"
	case d.variables:
		return "it depends on the value of a policy variable"
	}
	return "a request that may be newly allowed could not be confirmed"
}

// appendDoubtful adds the keys whose conditions or variables cannot be decided.
func (cst *comparedStatement) appendDoubtful(keys []string) []string {
	for i := range cst.compiled.conditions {
		c := &cst.compiled.conditions[i]
		doubtful := c.understood == Undecided
		for j := range c.operands {
			doubtful = doubtful || c.operands[j].reading == Undecided || c.operands[j].variable != nil
		}
		if doubtful {
			keys = appendNew(keys, cst.statement.Conditions[i].Key)
		}
	}
	for i := range cst.compiled.resources {
		if t := cst.compiled.resources[i].variable; t != nil {
			for j := range t.pieces {
				if t.pieces[j].key != "" {
					keys = appendNew(keys, t.pieces[j].spelled)
				}
			}
		}
	}
	return keys
}

// unread names the policies of both sets that were not read.
func (c *comparer) unread() []string {
	var names []string
	for _, cs := range []*comparedSet{c.old, c.new} {
		e := evaluation{set: cs.set}
		for k := range combine.Kinds {
			if e.isUnread(k) {
				names = appendNew(names, k.String())
			}
			for level := range e.levels(k) {
				for _, p := range e.parts(k, level) {
					if p.Document == nil {
						names = appendNew(names, p.Name)
					}
				}
			}
		}
	}
	return names
}

// askUnread notes that what was not read may newly allow anything.
func (c *comparer) askUnread() {
	e := evaluation{set: c.new.set}
	var names []string
	for _, k := range []combine.Kind{combine.Identity, combine.Resource} {
		if e.isUnread(k) {
			names = appendNew(names, k.String())
		}
		for _, p := range e.parts(k, 0) {
			if p.Document == nil {
				names = appendNew(names, p.Name)
			}
		}
	}
	if len(names) > 0 {
		c.out.Unknown = append(c.out.Unknown, Undecidable{
			Action: "*", Resource: "*", Why: "policies of the new set were not read", Unread: names,
		})
	}
}

// askUniqueIDs notes that a unique ID that is new as a principal may be any principal: IAM replaces it with the user or role that has
// it, and in the old policies it stood for one that was deleted (rule 43).
func (c *comparer) askUniqueIDs() {
	old := map[string]bool{}
	for _, cst := range c.statements {
		for _, p := range cst.statement.Principals {
			if !cst.isNew && IsUniqueID(p.Text) {
				old[p.Text] = true
			}
		}
	}
	for _, cst := range c.new.statements[combine.Resource] {
		for _, p := range cst.statement.Principals {
			if IsUniqueID(p.Text) && !old[p.Text] {
				c.out.Unknown = append(c.out.Unknown, Undecidable{
					Action: cst.actionText(firstOf(cst.statement.NotAction, len(cst.statement.Actions))), Resource: "*", Principal: p.Text, Statement: cst.ref(),
					Why: "IAM replaces a unique ID with the principal that has it, which may be in any account",
				})
			}
		}
	}
}

// firstOf is the place of an element's first value, or whole.
func firstOf(not bool, values int) int {
	if not || values == 0 {
		return whole
	}
	return 0
}

// result lists what was found, statement by statement.
func (c *comparer) result() Comparison {
	c.out.More = c.isFull()
	if c.mentions.incomplete != "" {
		u := Undecidable{Action: "*", Resource: "*", Why: c.mentions.incomplete, Exceeded: c.mentions.exceeded}
		if u.Exceeded {
			u.Statement = c.costliest()
		}
		c.out.Unknown = append(c.out.Unknown, u)
	}
	if c.isSpent() && !c.out.More {
		c.out.Unknown = append(c.out.Unknown, Undecidable{
			Action: "*", Resource: "*", Statement: c.costliest(), Exceeded: true,
			Why: tooComplex + ": the patterns and conditions of this statement require the most work",
		})
	}
	slices.SortStableFunc(c.order, func(a, b grantKey) int {
		return slices.Compare(
			[]int{a.statement.number, a.action, a.resource, a.principal}, []int{b.statement.number, b.action, b.resource, b.principal},
		)
	})
	for _, key := range c.order {
		if len(c.out.Grants) == maxGrants {
			break
		}
		c.out.Grants = append(c.out.Grants, c.grant(key, c.found[key]))
	}
	return c.out
}

func (c *comparer) grant(key grantKey, e *grantEntry) Grant {
	g := key.statement
	out := Grant{
		Action: g.actionText(key.action), Resource: g.resourceText(key.resource), Principal: g.principalText(key.principal),
		Statement: g.ref(), Witness: e.witness, Inert: e.inert,
	}
	if key.principal != whole {
		out.PrincipalType = g.statement.Principals[key.principal].Type
	}
	if !strings.ContainsAny(out.Action, "*?") {
		return out
	}
	for class := range e.classes {
		var cover actionCover
		switch {
		case class.open:
			continue
		case key.action == whole:
			cover.to = len(class.universe.names)
		default:
			cover = class.universe.of[g][key.action]
		}
		for i, place := range class.places {
			if cover.has(place) {
				out.Actions = append(out.Actions, class.names[i])
			}
		}
	}
	slices.Sort(out.Actions)
	return out
}

func (cst *comparedStatement) actionText(at int) string {
	if at == whole {
		return "*"
	}
	return cst.statement.Actions[at].Text
}

func (cst *comparedStatement) resourceText(at int) string {
	switch {
	case at != whole:
		return cst.statement.Resources[at].Text
	case cst.hasResources():
		return "*"
	}
	return ""
}

func (cst *comparedStatement) principalText(at int) string {
	if at == whole {
		return ""
	}
	return cst.statement.Principals[at].Text
}

// String is a line for a log.
func (g Grant) String() string {
	text := g.Action
	if g.Resource != "" {
		text += " on " + g.Resource
	}
	if g.Principal != "" {
		text += " by " + g.Principal
	}
	return fmt.Sprintf("%s (statement %d of %s)", text, g.Statement.Statement.Index, g.Statement.Policy)
}
