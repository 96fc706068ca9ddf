package policy

import (
	"maps"
	"slices"

	"github.com/rolewatch/rolewatch/function/policy/internal/language"
)

// Judge says whether statements apply to the request so far.
func (s *search) Judge() func(cst *comparedStatement, not bool) bool {
	q := newQuery(Request{Action: s.action, Resource: s.resource, Context: *s.context()})
	s.budget.Spend(10)
	return func(cst *comparedStatement, not bool) bool {
		if !s.class.open && !s.class.matched.has(cst.number) {
			return not
		}
		work := cst.judging(&q)
		if s.class.open {
			work += 4 * len(cst.compiled.actions)
		}
		if !cst.spend(s.budget, work) {
			return false
		}
		switch {
		case !s.possible:
			return s.applies(cst, &q) == trueIf(!not)
		case not:
			return s.mayNotApply(cst, &q)
		}
		return s.held[held{cst, wholly}]
	}
}

// Save notes what was asserted, and the request.
func (s *search) Save() func() {
	s.budget.Spend(20 + 4*(len(s.tests)+len(s.values)+len(s.held)))
	must, not, actMust, actNot := slices.Clip(s.must), slices.Clip(s.not), slices.Clip(s.actMust), slices.Clip(s.actNot)
	tests, values, held := maps.Clone(s.tests), maps.Clone(s.values), maps.Clone(s.held)
	resource, action := s.resource, s.action
	return func() {
		s.must, s.not, s.actMust, s.actNot, s.tests = must, not, actMust, actNot, tests
		s.resource, s.action, s.values, s.held = resource, action, values, held
	}
}

// held is what was asserted of a statement where values are open: that it applies wholly, or that one of its elements does
// not match. The request so far says nothing of what hangs on such values.
type held struct {
	statement *comparedStatement
	element   int
}

const (
	wholly   = -1
	resource = -2
)

func (s *search) hold(cst *comparedStatement, element int) {
	if s.possible {
		s.held[held{cst, element}] = true
	}
}

// mayNotApply says whether the request, whatever the open values are, leaves the statement out, or whether that was
// asserted.
func (s *search) mayNotApply(cst *comparedStatement, q *query) bool {
	if s.class.open && q.matchAction(cst.statement, cst.compiled) == False || !s.class.open && !s.class.matched.has(cst.number) {
		return true
	}
	if cst.hasResources() && (s.held[held{cst, resource}] || !cst.mayCover(q)) {
		return true
	}
	for i := range cst.compiled.conditions {
		c := &cst.compiled.conditions[i]
		if s.held[held{cst, i}] || !c.hangs(&Context{base: s.given}) && c.truth(&q.req.Context) != True {
			return true
		}
	}
	return !cst.hasResources() && cst.document.Kind != Trust && cst.document.Kind != Resource
}

// mayCover says whether the statement's resources cover the request's, or may for some value of their variables.
func (cst *comparedStatement) mayCover(q *query) bool {
	certain, open := False, false
	for i := range cst.compiled.resources {
		if r := &cst.compiled.resources[i]; r.variable.isOpen(&q.req.Context) {
			open = true
		} else {
			certain = or(certain, r.matches(q))
		}
	}
	if cst.statement.NotResource {
		return certain != True
	}
	return open || certain == True
}

// hangs says whether the condition's answer hangs on more than its own key.
func (c *condition) hangs(given *Context) bool {
	return slices.ContainsFunc(c.operands, func(o operand) bool {
		return o.reading == Undecided || o.isShort(c.family) || o.variable.isOpen(given)
	})
}

func (s *search) applies(cst *comparedStatement, q *query) Truth {
	var t Truth
	if s.class.open {
		t = q.matchAction(cst.statement, cst.compiled)
	} else {
		t = trueIf(s.class.matched.has(cst.number))
	}
	if t == False {
		return False
	}
	if t = and(t, q.matchResource(cst.document, cst.statement, cst.compiled)); t == False {
		return False
	}
	for i := range cst.compiled.conditions {
		if t = and(t, cst.compiled.conditions[i].truth(&q.req.Context)); t == False {
			return False
		}
	}
	return t
}

// solveAction looks for an action that AWS does not document.
func (s *search) solveAction() bool {
	service, oneService := literalService(s.actMust)
	q := language.Query{Must: [][]language.Pattern{{openAction}}, Not: slices.Concat(closedActions, s.class.notOf)}
	if s.class.of != nil {
		q.Must = append(q.Must, s.class.of)
	}
	for _, list := range s.actMust {
		s.budget.Spend(4 * len(list))
		q.Must = append(q.Must, s.cache.actionPatterns(list))
	}
	for i := range s.actNot {
		p := &s.actNot[i]
		if !s.budget.Spend(5 + len(s.actMust)) {
			break
		}
		switch {
		case p.everything:
			return false
		case p.malformed, oneService && p.literalService && p.service != service:
			continue
		case slices.ContainsFunc(s.actMust, func(list []actionPattern) bool { return len(list) == 1 && list[0] == *p }):
			return false
		}
		q.Not = append(q.Not, s.cache.actionPatterns(s.actNot[i:i+1])...)
	}
	text, outcome := language.Find(q, s.budget)
	s.action = text
	return s.note(outcome)
}

// literalService is the service that the action must be of, where some list leaves only one.
func literalService(must [][]actionPattern) (string, bool) {
	for _, list := range must {
		if len(list) > 0 && list[0].literalService &&
			!slices.ContainsFunc(list, func(p actionPattern) bool { return !p.literalService || p.service != list[0].service }) {
			return list[0].service, true
		}
	}
	return "", false
}

var (
	word          = language.Class{Runes: ":*?ABCDEFGHIJKLMNOPQRSTUVWXYZ", Negated: true}
	openAction    = language.Pattern{{Class: word}, {Class: word, Run: true}, {Class: language.Class{Runes: ":"}}, {Class: word}, {Class: word, Run: true}}
	closedActions = []language.Pattern{getCallerIdentity.pattern(), retireGrant.pattern()}
)

// patternCache keeps what patterns mean for the searches of one comparison.
type patternCache struct {
	actions   map[actionPattern]language.Pattern
	resources map[*resourcePattern][]language.Pattern
}

func (c *patternCache) actionPatterns(list []actionPattern) []language.Pattern {
	out := make([]language.Pattern, 0, len(list))
	for i := range list {
		p := list[i]
		if p.malformed {
			continue
		}
		pattern, ok := c.actions[p]
		if !ok {
			pattern = language.AnyRun()
			if !p.everything {
				pattern = spelling{}.pattern(p.service + ":" + p.name)
			}
			c.actions[p] = pattern
		}
		out = append(out, pattern)
	}
	return out
}

// resource is what a pattern without variables covers.
func (c *patternCache) resource(p *resourcePattern) []language.Pattern {
	patterns, ok := c.resources[p]
	if !ok {
		patterns = p.patterns(p.tail, spelling{})
		c.resources[p] = patterns
	}
	return patterns
}
