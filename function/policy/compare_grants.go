package policy

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// grantKey is one value of Action, Resource and Principal of a statement, each by its place, and whole for all of them.
type grantKey struct {
	statement                   *comparedStatement
	action, resource, principal int
}

// whole stands for an element without values of its own: one that is absent, or one that says what it does not cover.
const whole = -1

// grantEntry is what was found for a key.
type grantEntry struct {
	classes map[*actionClass]bool
	inert   bool
	witness Witness
}

// asked is a question whose answer is the same for all classes that are alike.
type asked struct {
	asker     *asker
	alike     string
	statement *comparedStatement
	resource  int
}

// reply is whether something is newly granted, whatever the actions act on, and a request that shows it.
type reply struct {
	granted bool
	witness Witness
}

// askClass asks of one caller and one class of actions what each statement newly grants.
func (c *comparer) askClass(a *asker, class *actionClass, granting []*comparedStatement) {
	for _, g := range granting {
		if c.isSpent() || c.isFull() {
			return
		}
		g.spend(c.budget, 3+3*len(g.compiled.principals))
		principals := g.principalsOf(a, class)
		if len(principals) == 0 {
			continue
		}
		values := c.valuesIn(class, g)
		for _, r := range g.resourcesOf() {
			c.askResource(a, class, g, values, r, principals)
		}
	}
}

// askResource asks it of one value of Resource. That something is granted goes for all classes that are alike; that one of
// them takes effect hangs on what its own actions act on.
func (c *comparer) askResource(a *asker, class *actionClass, g *comparedStatement, values []int, r int, principals []int) {
	if !g.spend(c.budget, 25+len(class.alike)/16) {
		return
	}
	inert := c.isInert(g, r, class)
	if c.isKnown(g, values, r, principals, class, inert) {
		return
	}
	question := asked{a, class.alike, g, r}
	general, before := c.answers[question]
	if !before {
		var found Truth
		general.witness, found = c.ask(a, class, g, values, r, principals, anyEffect)
		general.granted = found == True
		c.answers[question] = general
	}
	if !general.granted {
		return
	}
	w := general.witness
	if !inert {
		w, inert = c.effective(w, a, class, g, values, r, principals)
	}
	c.record(g, values, r, principals, class, inert, w)
}

// effective gives the best witness that there is: the general one where it takes effect, or another that does. It reports
// true where there is none that does.
func (c *comparer) effective(general Witness, a *asker, class *actionClass, g *comparedStatement, values []int, r int, principals []int) (Witness, bool) {
	for _, e := range []effect{fullEffect, wideEffect} {
		if e == wideEffect && !class.namesAccounts() {
			break
		}
		c.spendOnForms(class, e)
		if class.takes(general.Request.Resource, e) {
			return general, false
		}
		switch w, found := c.ask(a, class, g, values, r, principals, e); found {
		case True:
			return w, false
		case Undecided:
			return general, false
		}
	}
	return general, true
}

// isKnown says whether it was found already that the statement grants the class, or, without a class, anything; what takes
// effect is not known by what does not.
func (c *comparer) isKnown(g *comparedStatement, values []int, r int, principals []int, class *actionClass, inert bool) bool {
	for _, v := range values {
		for _, p := range principals {
			g.spend(c.budget, 4)
			e := c.found[grantKey{g, v, r, p}]
			if e == nil || e.inert && !inert || class != nil && e.inert == inert && !e.classes[class] {
				return false
			}
		}
	}
	return true
}

// record notes a class of actions that is newly granted. What takes effect puts aside what does not.
func (c *comparer) record(g *comparedStatement, values []int, r int, principals []int, class *actionClass, inert bool, w Witness) {
	for _, v := range values {
		name, named := c.gravestIn(class, g, v)
		if named {
			w.Request.Action = name
		}
		for _, p := range principals {
			// What it takes to list the actions in the end is spent here.
			if !g.spend(c.budget, 50+15*len(class.places)) && len(c.order) > 0 {
				return
			}
			key := grantKey{g, v, r, p}
			e := c.found[key]
			if e == nil {
				c.order = append(c.order, key)
			}
			if e == nil || e.inert && !inert {
				e = &grantEntry{classes: map[*actionClass]bool{}, inert: inert, witness: w}
				c.found[key] = e
			}
			if e.inert == inert {
				e.classes[class] = true
				if named && actions.CompareGravity(name, e.witness.Request.Action) < 0 {
					e.witness = w
				}
			}
		}
	}
}

// isInert says whether AWS documents no resource of the form that the statement's value has for the actions of the class.
func (c *comparer) isInert(g *comparedStatement, r int, class *actionClass) bool {
	if class.open || class.shape == "" && !class.onlyAny() || r == whole {
		return false
	}
	p := &g.compiled.resources[r]
	if p.everything || class.onlyAny() {
		return !p.everything
	}
	key := inertKey{p, class.service, class.shape}
	inert, ok := c.inert[key]
	if !ok {
		g.spend(c.budget, 3*(len(p.tail)+p.variable.size()))
		before := c.budget.Steps
		tail := p.tail
		if p.variable != nil {
			tail = p.variable.widest()
		}
		c.spendOnForms(class, wideEffect)
		if inert = !c.takesSample(p, class); !inert {
			g.charge(c.budget, before)
			c.inert[key] = false
			return false
		}
		q := language.Query{Must: [][]language.Pattern{p.reachable(p.patterns(tail, spelling{}), false), class.forms(wideEffect, "")}}
		_, outcome := language.Find(q, c.budget.Part(searchSteps))
		g.charge(c.budget, before)
		inert = outcome == language.None
		c.inert[key] = inert
	}
	return inert
}

// takesSample reports whether the class's actions act on one of a few ARNs that a value of Resource covers, which is so for nearly all
// values, and seen without a search.
func (c *comparer) takesSample(r *resourcePattern, class *actionClass) bool {
	if !r.complete || r.variable != nil {
		return false
	}
	p := resourceProblem{question: &question{class: class, budget: c.budget, cache: &c.cache}}
	p.effect = wideEffect
	covered := r.reachable(r.patterns(r.tail, spelling{}), false)
	return slices.ContainsFunc(p.appendContinued([]string{p.fillPattern(r)}, r), func(text string) bool {
		return c.budget.Spend(30+len(text)) && class.takes(text, wideEffect) &&
			slices.ContainsFunc(covered, func(p language.Pattern) bool { return p.Matches(text) })
	})
}

// inertKey is what it hangs on whether an action takes a resource.
type inertKey struct {
	resource       *resourcePattern
	service, shape string
}

// gravestOf is the gravest of the class's actions that the statement's value covers.
func (class *actionClass) gravestOf(g *comparedStatement, value int) (gravest string, ok bool) {
	if class.open {
		return "", false
	}
	for i, place := range class.places {
		if value != whole && !class.universe.of[g][value].has(place) {
			continue
		}
		if name := class.names[i]; !ok || actions.CompareGravity(name, gravest) < 0 {
			gravest, ok = name, true
		}
	}
	return gravest, ok
}

// gravestIn is gravestOf, worked out once for each class.
func (c *comparer) gravestIn(class *actionClass, g *comparedStatement, value int) (string, bool) {
	key := grantKey{g, value, whole, whole}
	name, ok := class.gravest[key]
	if !ok {
		g.spend(c.budget, 20+30*len(class.places))
		if class.gravest == nil {
			class.gravest = map[grantKey]string{}
		}
		name, _ = class.gravestOf(g, value)
		class.gravest[key] = name
	}
	return name, name != ""
}

// valuesIn is valuesOf, worked out once for each class.
func (c *comparer) valuesIn(class *actionClass, cst *comparedStatement) []int {
	list, ok := class.values[cst]
	if !ok {
		cst.spend(c.budget, 10+len(cst.compiled.actions)*(1+len(class.places)/4))
		list = class.valuesOf(cst)
		if class.values == nil {
			class.values = map[*comparedStatement][]int{}
		}
		class.values[cst] = list
	}
	return list
}

// valuesOf are the indices of the statement's values of Action that cover the class's actions, or some of them.
func (class *actionClass) valuesOf(cst *comparedStatement) []int {
	if cst.statement.NotAction {
		return []int{whole}
	}
	var list []int
	for i, cover := range class.universe.of[cst] {
		if cover.hasAny(class.places) {
			list = append(list, i)
		}
	}
	return list
}

func (cst *comparedStatement) resourcesOf() []int {
	if !cst.hasResources() || cst.statement.NotResource || len(cst.compiled.resources) == 0 {
		return []int{whole}
	}
	list := make([]int, len(cst.compiled.resources))
	for i := range list {
		list[i] = i
	}
	return list
}

// principalsOf are the places of the principals by which the statement reaches the caller.
func (cst *comparedStatement) principalsOf(a *asker, class *actionClass) []int {
	if cst.document.Kind.attachedToCaller() {
		return []int{whole}
	}
	if cst.statement.NotPrincipal {
		if cst.statement.Effect == Deny {
			return []int{whole}
		}
		return nil
	}
	q := query{caller: a.caller, service: class.service, action: class.action}
	var list []int
	for i := range cst.compiled.principals {
		if q.matchPrincipal(&cst.compiled.principals[i]).any() != False {
			list = append(list, i)
		}
	}
	return list
}
